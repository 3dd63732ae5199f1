"""The services of docker-compose.yml, as far as they can run without Docker.

`x-native: {command: […]}` says how to run any other image, and replaces further keys of it.
"""

import re
import signal
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, DirectoryPath, ValidationError, ValidationInfo

from native.env_file import ComposeFileError, read_env

IGNORED = {"init", "logging", "user", "cap_drop", "cap_add", "security_opt", "tmpfs", "volumes"}
REMEDY = "Use another form, or replace the key in x-native: {command: […]}."
PORT = re.compile(r"(?:[\d.]+:)?(?:\$\{(\w+):-(\d+)\}|(\d+)):(\d+)", re.ASCII)


def _expand(template: Any, info: ValidationInfo) -> Any:
    """Put in the variables, and replace the addresses that the template spells."""
    if not info.context or not isinstance(template, str):
        return template
    variables, addresses = info.context

    def value(match: re.Match[str]) -> str:
        dollar, name, default, address = match.groups()
        if address:
            return addresses[address]
        if not dollar and not name:
            raise ValueError("write ${NAME}, ${NAME:-default} or $$")
        return dollar or variables.get(name) or default or ""

    reference = r"\$(?:(\$)|\{(\w+)(?::-([^${}]*))?\}|)"
    spelt = "|".join(map(re.escape, addresses))
    # before an @ stands a password
    pattern = rf"{reference}|(?<![\w.}}$-])({spelt})(?![\w.@$])"
    return re.sub(pattern, value, template, flags=re.ASCII)


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+)(ms|s|m)", text)
    if not match:
        raise ValueError("write a number and ms, s or m")
    return int(match[1]) * {"ms": 0.001, "s": 1, "m": 60}[match[2]]


def _check_command(test: list[str]) -> list[str]:
    kind, *words = test
    if kind not in ("CMD", "CMD-SHELL"):
        raise ValueError("write [CMD, …] or [CMD-SHELL, …]")
    return words if kind == "CMD" else ["sh", "-c", *words]


Text = Annotated[str, BeforeValidator(_expand)]
Seconds = Annotated[float, BeforeValidator(_seconds)]
StopSignal = Annotated[signal.Signals, BeforeValidator(lambda name: getattr(signal, name, name))]
Condition = Annotated[
    Literal["service_healthy", "service_completed_successfully"],
    BeforeValidator(itemgetter("condition")),
]


class Port(NamedTuple):
    """A published port."""

    target: int  # in the container
    published: int  # on this machine
    variable: str | None = None  # that moves it


class Healthcheck(BaseModel, extra="forbid", frozen=True):
    """How to ask a service for its health, with Docker's defaults."""

    test: Annotated[list[Text], BeforeValidator(_check_command)]
    interval: Seconds = 30
    timeout: Seconds = 30
    retries: int = 3
    start_period: Seconds = 0
    start_interval: Seconds = 5


class Watch(BaseModel, frozen=True):
    """A path, and what its change leads to."""

    path: str
    action: Literal["sync+restart", "rebuild"]


class ServiceSpec(BaseModel, extra="forbid", frozen=True):
    """A service, with addresses of this machine."""

    name: str
    runner: str = "command"  # or postgres, redis, or "" when it cannot run here
    cwd: DirectoryPath
    command: list[Text]
    environment: dict[str, Text] = {}
    ports: list[Port] = []
    depends_on: dict[str, Condition] = {}
    healthcheck: Healthcheck | None = None
    restart: Literal["no", "on-failure", "unless-stopped"] = "no"
    stop_signal: StopSignal = signal.SIGTERM
    stop_grace_period: Seconds = 10
    profiles: list[str] = []
    develop: Annotated[list[Watch], BeforeValidator(itemgetter("watch"))] = []


def load(path: Path, environ: Mapping[str, str]) -> dict[str, ServiceSpec]:
    """Return the services of a compose file, with variables of `environ` and the .env beside it."""
    variables = read_env(path.with_name(".env"), environ)
    addresses = {"0.0.0.0": "127.0.0.1"}
    specs: dict[str, ServiceSpec] = {}
    name = ""
    try:
        services = yaml.safe_load(path.read_text("utf-8"))["services"]
        for name, keys in services.items():
            keys |= keys.get("x-native", {})
            keys["ports"] = [_port(entry, variables) for entry in keys.get("ports", [])]
            for port in keys["ports"]:
                addresses[f"{name}:{port.target}"] = f"127.0.0.1:{port.published}"
        for name, keys in services.items():
            own = {str(port.target): str(port.published) for port in keys["ports"]}
            specs[name] = _spec(name, keys, path.parent, (variables, addresses | own))
        TopologicalSorter({each: specs[each].depends_on for each in specs}).prepare()
    except (AttributeError, LookupError, OSError, TypeError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}. {REMEDY}"
        raise ComposeFileError(f"{path.name}: {name}: {reason}") from None
    return specs


def select(specs: Mapping[str, ServiceSpec], names: Sequence[str], no_deps: bool) -> list[str]:
    """Return the named services, or all without a profile, with what they depend on."""
    selected = [*names] or [name for name, spec in specs.items() if not spec.profiles]
    for name in selected:  # grows
        if name not in specs:
            raise ComposeFileError(f"no service {name}. The services are {', '.join(specs)}.")
        if not no_deps:
            selected += specs[name].depends_on.keys() - selected
    return [name for name in specs if name in selected]


def _spec(name: str, keys: dict[str, Any], folder: Path, context: object) -> ServiceSpec:
    build = keys.pop("build", None)
    is_native = "command" in keys.get("x-native", {})
    runner = "command"
    image = re.split("[:@]", keys.pop("image", ""))[0]
    if not build and not is_native:
        runner = image if image in ("postgres", "redis") else ""
        keys.setdefault("command", [])
    if runner == "postgres":
        keys.setdefault("stop_signal", "SIGINT")  # that of its image: SIGTERM waits for clients
    cwd = folder / (build["context"] if isinstance(build, dict) else build or ".")
    fields = {key: keys[key] for key in keys.keys() - IGNORED if key[:2] != "x-"}
    fields |= {"name": name, "runner": runner, "cwd": cwd}
    extra = "ignore" if is_native or not runner else None
    return ServiceSpec.model_validate(fields, extra=extra, context=context)


def _port(entry: str, variables: Mapping[str, str]) -> Port:
    match = PORT.fullmatch(entry)
    if not match:
        raise ValueError(f"ports: write 127.0.0.1:${{NAME:-8000}}:8000, not {entry!r}")
    name, default, fixed, target = match.groups()
    value = variables.get(name or "") or default or fixed
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 0 < int(value) < 65536:
        raise ValueError(f"{name}: {value!r} is not a port. Set it to a number below 65536.")
    return Port(int(target), int(value), name)
