"""What dev.sh reads in docker-compose.yml, and what it makes of it."""

import signal

import pytest
from native.compose_file import Port, load, select
from native.env_file import ComposeFileError
from native.translate import translate

REDIS = 'redis: {image: "redis:8", ports: ["21379:6379"]}'


def services(folder, text, **shell):
    (folder / "docker-compose.yml").write_text(f"services: {{{text}}}")
    return load(folder / "docker-compose.yml", shell)


def process(folder, keys, **shell):
    text = f'it: {{build: ., command: [run], ports: ["8001:8000"], {keys}}}, {REDIS}'
    specs = services(folder, text, **shell)
    return specs["it"]


@pytest.mark.parametrize(
    ("spelt", "value"),
    [
        ("redis://redis:6379/0", "redis://127.0.0.1:21379/0"),
        ("--port 8000 --host 0.0.0.0", "--port 8001 --host 127.0.0.1"),
        ("my-redis:6379 18000 8000.5 user:8000@host", "my-redis:6379 18000 8000.5 user:8000@host"),
        ("${UNSET:-redis:6379}${UNSET}", "redis:6379"),
        ("${VALUE}:8000 ${VALUE:-x} $$8000", "redis:6379:8001 redis:6379 $8000"),
        ("${EMPTY:-x}${EMPTY}", "x"),
    ],
)
def test_only_spelt_addresses_are_translated(tmp_path, spelt, value):
    spec = process(tmp_path, f'environment: {{KEY: "{spelt}"}}', VALUE="redis:6379", EMPTY="")
    assert spec.environment["KEY"] == value


def test_used_forms_are_read(tmp_path):
    keys = """healthcheck: {test: [CMD-SHELL, a 8000], interval: 2m, timeout: 300ms, retries: 7},
        restart: on-failure, stop_signal: SIGQUIT, stop_grace_period: 1s, init: true,
        depends_on: {redis: {condition: service_healthy}},
        develop: {watch: [{action: rebuild, path: ./x, target: /x}]}"""
    spec = process(tmp_path, keys)
    assert spec.healthcheck and spec.healthcheck.test == ["sh", "-c", "a 8001"]
    times = (spec.healthcheck.interval, spec.healthcheck.timeout, spec.stop_grace_period)
    assert times == (120, 0.3, 1)
    assert (spec.restart, spec.stop_signal) == ("on-failure", signal.SIGQUIT)
    assert spec.depends_on == {"redis": "service_healthy"}
    assert spec.develop[0].action == "rebuild"


@pytest.mark.parametrize(
    "keys",
    [
        *("env_file: .env", "command: run", "environment: [A=1]", "environment: {A: 1}"),
        *('ports: ["8000"]', 'ports: ["53:53/udp"]', "depends_on: [redis]", "restart: always"),
        *("healthcheck: {test: a}", "healthcheck: {test: [CMD, a], interval: 1m30s}"),
        *("stop_signal: SIGNOT", "develop: {watch: [{action: fly, path: .}]}", "build: nowhere"),
        *('environment: {A: "$B"}', 'environment: {A: "${B:?set it}"}'),
    ],
)
def test_other_forms_are_refused(tmp_path, keys):
    key = keys.partition(":")[0].replace("build", "cwd")
    with pytest.raises(ComposeFileError, match=rf"\Adocker-compose.yml: it: {key}[^\n]+\Z"):
        process(tmp_path, keys)


def test_dependency_cycle_is_refused(tmp_path):
    on_itself = "depends_on: {it: {condition: service_healthy}}"
    with pytest.raises(ComposeFileError, match="nodes are in a cycle"):
        process(tmp_path, on_itself)


def test_x_native_says_how_to_run(tmp_path):
    keys = 'image: mailpit, ports: ["9080:80"], env_file: x'
    specs = services(tmp_path, f"a: {{{keys}, x-native: {{command: [m, '80']}}}}, b: {{{keys}}}")
    assert translate(specs["a"], {}).command == ["m", "9080"]
    assert not specs["b"].runner


def test_local_servers_replace_images(tmp_path):
    text = f'{REDIS}, db: {{image: "postgres@sha256:0", ports: ["127.0.0.1:${{P:-1}}:5432"]}}'
    specs = services(tmp_path, text, P="2")
    assert specs["db"].ports == [Port(5432, 2, "P")]
    assert "--port=2" in translate(specs["db"], {}).command
    redis = translate(specs["redis"], {})
    assert redis.command[:3] == ["valkey-server", "--port", "21379"]
    assert redis.command[-2:] == ["--dir", str(redis.cwd)]


@pytest.mark.parametrize("value", ["0", "65536", "eight", " 80", "８０", "8000-8002"])
def test_wrong_port_names_the_variable(tmp_path, value):
    with pytest.raises(ComposeFileError, match=r"P: .* is not a port"):
        services(tmp_path, 'it: {build: ., command: [a], ports: ["${P:-1}:1"]}', P=value)


@pytest.mark.parametrize(
    ("names", "no_deps", "selected"),
    [("", False, "abd"), ("a", False, "ab"), ("a", True, "a"), ("c", False, "bc")],
)
def test_dependencies_are_selected(tmp_path, names, no_deps, selected):
    on_b = "depends_on: {b: {condition: service_healthy}}"
    text = f"a: {{{on_b}}}, b: {{}}, c: {{profiles: [x], {on_b}}}, d: {{}}"
    assert "".join(select(services(tmp_path, text), names, no_deps)) == selected
