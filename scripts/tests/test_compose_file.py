"""What the native runtime reads in docker-compose.yml, and what it makes of it."""

import signal
from pathlib import Path

import pytest
from native.compose_file import load, select
from native.env_file import ComposeFileError
from native.service_spec import Healthcheck, Port, ServiceSpec
from native.translate import DEFAULT_HEALTHCHECK, ProcessSpec, skip_reason, translate

REDIS = 'redis: {image: "redis:8", ports: ["21379:6379"]}'


def services(folder: Path, text: str, env_file: str = "", **shell: str) -> dict[str, ServiceSpec]:
    """Return the services of a compose file with this text, beside this .env."""
    (folder / ".env").write_text(env_file)
    (folder / "docker-compose.yml").write_text(f"services: {{{text}}}")
    return load(folder / "docker-compose.yml", shell)


def process(folder: Path, keys: str, env_file: str = "", **shell: str) -> ProcessSpec:
    """Return what a service with these keys is translated to; redis and its port 8000 are moved."""
    if "ports" not in keys:
        keys += ', ports: ["8001:8000"]'
    text = f"it: {{build: ., command: [run], {keys}}}, {REDIS}"
    specs = services(folder, text, env_file, **shell)
    return translate(specs["it"], specs, {})


@pytest.mark.parametrize(
    ("spelt", "value"),
    [
        ("redis://redis:6379/0", "redis://127.0.0.1:21379/0"),
        ("--port 8000 --host 0.0.0.0", "--port 8001 --host 127.0.0.1"),
        ("http://localhost:8000/", "http://localhost:8001/"),
        ("my-redis:6379 18000 8000.5", "my-redis:6379 18000 8000.5"),
        ("user:8000@host", "user:8000@host"),
        ("${UNSET:-x redis:6379} ${UNSET:-${ALSO:-y 8000}}", "x redis:6379 y 8000"),
        ("$VALUE ${VALUE} ${VALUE}8000 $$8000", "0.0.0.0:8000 0.0.0.0:8000 0.0.0.0:80008000 $8000"),
        ("${EMPTY:-x}${EMPTY-y}${NONE-z}${EMPTY+p}${EMPTY:+q}", "xzp"),
    ],
)
def test_addresses_are_translated_where_the_file_spells_them(tmp_path, spelt, value):
    keys = f'environment: {{KEY: "{spelt}"}}'
    assert process(tmp_path, keys, VALUE="0.0.0.0:8000", EMPTY="").env["KEY"] == value


@pytest.mark.parametrize("entries", ["{A: true, B: 010, C: , D: }", "[A=true, B=010, C, D]"])
def test_environment_is_a_mapping_or_a_list_of_texts(tmp_path, entries):
    env = process(tmp_path, f"environment: {entries}", C="${X}").env
    assert [env.get(name) for name in "ABCD"] == ["true", "010", "${X}", None]


@pytest.mark.parametrize(
    "entry",
    [
        '"${P:-8001}:8000"',
        '"127.0.0.1:${P:-8001}:8000/tcp"',
        '"[::1]:${P:-8001}:8000"',
        '{target: 8000, published: "${P:-8001}", host_ip: 127.0.0.1}',
    ],
)
def test_ports(tmp_path, entry):
    ports = process(tmp_path, f'ports: [{entry}, "9001:9000"]').ports
    assert ports == (Port(8000, 8001, "P"), Port(9000, 9001))


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("env_file: .env", "env_file cannot be honoured"),
        ("nosuch: 1", "nosuch cannot be honoured"),
        ('ports: ["eight:8000"]', "expected PORT:CONTAINER_PORT"),
        ('ports: ["70000:8000"]', "expected PORT:CONTAINER_PORT"),
        ('ports: ["8000-8002:8000"]', "expected PORT:CONTAINER_PORT"),
        ('ports: ["8000"]', "8000: expected PORT:CONTAINER_PORT"),
        ('ports: ["53:53/udp"]', "expected PORT:CONTAINER_PORT, for TCP"),
        ('environment: {A: "$NOWHERE"}', "variable NOWHERE: is not set"),
        ('environment: {A: "${NOWHERE:?set me}"}', "variable NOWHERE: set me"),
        ("depends_on: [nowhere]", "no service nowhere"),
        ("depends_on: {redis: {condition: service_happy}}", "no condition service_happy"),
        ("healthcheck: {test: [ASK, a]}", "found ASK"),
        ("healthcheck: {test: a, interval: 5}", "5 is no duration"),
        ("restart: often", "no policy often"),
        ("stop_signal: SIGNOT", "no signal SIGNOT"),
        ("develop: {watch: [{action: fly, path: .}]}", "no action fly"),
    ],
)
def test_what_cannot_be_honoured_is_one_line_with_file_and_service(tmp_path, keys, reason):
    with pytest.raises(ComposeFileError, match=rf"^docker-compose.yml: it: .*{reason}[^\n]*$"):
        process(tmp_path, keys)


@pytest.mark.parametrize(
    ("check", "test"),
    [
        ("{test: [CMD, ask, '8000']}", ("ask", "8001")),
        ("{test: [CMD-SHELL, ask 8000]}", ("sh", "-c", "ask 8001")),
        ("{test: ask}", ("sh", "-c", "ask")),
        ("{test: [NONE]}", DEFAULT_HEALTHCHECK.test),
        ("{test: ask, disable: true}", DEFAULT_HEALTHCHECK.test),
    ],
)
def test_healthchecks(tmp_path, check, test):
    assert process(tmp_path, f"healthcheck: {check}").healthcheck.test == test


def test_times_signals_and_restarts(tmp_path):
    it = process(tmp_path, "healthcheck: {test: a, interval: 1m30s, retries: 7}, init: true")
    assert it.healthcheck == Healthcheck(("sh", "-c", "a"), interval_seconds=90, retries=7)
    assert (it.stop_signal, it.stop_grace_seconds, it.max_restarts) == (signal.SIGTERM, 10, 0)
    it = process(tmp_path, "stop_signal: SIGQUIT, stop_grace_period: 1m, restart: on-failure:3")
    assert (it.stop_signal, it.stop_grace_seconds, it.max_restarts) == (signal.SIGQUIT, 60, 3)


@pytest.mark.parametrize(
    ("keys", "command"),
    [
        ("image: redis, command: [redis-server, --a]", ["valkey-server", "--a", "--port", "21379"]),
        ("image: docker.io/library/postgres@sha256:0", ["start-postgres", "--listen_addresses"]),
        ("""build: ., command: "a ${X} 'b c'" """, ["a", "1", "2", "b c"]),
        ("image: m, entrypoint: e, x-native: {command: [m, '80'], entrypoint: }", ["m", "9080"]),
        ("image: axllent/mailpit, env_file: x", None),
        ("image: bitnami/redis", None),
        ("build: ., command: a, x-native: false", None),
    ],
)
def test_what_runs_an_image_or_that_nothing_does(tmp_path, keys, command):
    ports = 'ports: ["9080:80", "21379:6379", "21432:5432"]'
    specs = services(tmp_path, f"it: {{{keys}, {ports}}}", X="1 2")
    assert bool(skip_reason(specs["it"])) == (command is None)
    if command:
        words = translate(specs["it"], specs, {}).command
        assert [word.partition("=")[0] for word in words[: len(command)]] == command


@pytest.mark.parametrize(
    ("names", "no_deps", "selected"),
    [("", False, "abd"), ("a", False, "ab"), ("a", True, "a"), ("c", False, "bc")],
)
def test_what_is_started(tmp_path, names, no_deps, selected):
    text = "a: {depends_on: [b]}, b: {}, c: {profiles: [x], depends_on: [b]}, d: {}"
    assert "".join(select(services(tmp_path, text), names, no_deps)) == selected


def test_dependencies_in_a_circle_are_refused(tmp_path):
    specs = services(tmp_path, "a: {depends_on: [b]}, b: {depends_on: [a]}")
    with pytest.raises(ComposeFileError, match="a circle: "):
        select(specs, [], False)


def test_a_broken_file_is_refused_in_one_line(tmp_path):
    with pytest.raises(ComposeFileError, match=r"^docker-compose.yml: [^\n]+$"):
        services(tmp_path, "a: [")
