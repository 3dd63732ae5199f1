"""The services of docker-compose.yml, as far as they can run without Docker.

`x-native` replaces keys of a service: `x-native: {command: [mailpit, --listen, "127.0.0.1:8025"]}`.
With a command there, keys that are not supported are ignored.
"""

import re
import signal
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, DirectoryPath, ValidationError

from native.env_file import ComposeFileError, read_env

IGNORED_KEYS = {
    *("init", "logging", "user", "cap_drop", "cap_add", "security_opt", "tmpfs", "volumes")
}
UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60}
PORT = re.compile(r"(?:[\d.]+:)?(?:\$\{(\w+):-(\d+)\}|(\d+)):(\d+)", re.ASCII)


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+)(ms|s|m)", text)
    if not match:
        raise ValueError("write a number and ms, s or m")
    return int(match[1]) * UNIT_SECONDS[match[2]]


def _check_command(test: list[str]) -> list[str]:
    kind, *words = test
    if kind not in ("CMD", "CMD-SHELL"):
        raise ValueError("write [CMD, …] or [CMD-SHELL, …]")
    return words if kind == "CMD" else ["sh", "-c", *words]


Seconds = Annotated[float, BeforeValidator(_seconds)]
StopSignal = Annotated[signal.Signals, BeforeValidator(lambda name: signal.Signals[name])]
Condition = Annotated[
    Literal["service_healthy", "service_completed_successfully"],
    BeforeValidator(itemgetter("condition")),
]


class Port(NamedTuple):
    """A published port."""

    target: int  # in the container
    published: int  # on this machine
    variable: str | None = None  # that moves it


class Model(BaseModel):
    """A part of the file, in its supported form."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Healthcheck(Model):
    """How to ask a service for its health, with Docker's defaults."""

    test: Annotated[list[str], BeforeValidator(_check_command)]
    interval: Seconds = 30
    timeout: Seconds = 30
    retries: int = 3
    start_period: Seconds = 0
    start_interval: Seconds = 5


class Watch(Model, extra="ignore"):
    """A path, and what its change leads to."""

    path: str
    action: Literal["sync+restart", "rebuild"]


class ServiceSpec(Model):
    """A service; its command, environment and healthcheck are templates until translated."""

    name: str
    variables: Mapping[str, str] = {}
    runner: str = "command"  # or postgres, redis, or "" when it cannot run here
    image: str = ""
    cwd: DirectoryPath
    command: list[str] = []
    environment: dict[str, str] = {}
    ports: list[Port] = []
    depends_on: dict[str, Condition] = {}
    healthcheck: Healthcheck | None = None
    restart: Literal["no", "on-failure", "unless-stopped"] = "no"
    stop_signal: StopSignal = signal.SIGTERM
    stop_grace_period: Seconds = 10
    profiles: list[str] = []
    develop: dict[Literal["watch"], list[Watch]] = {}


def load(path: Path, environ: Mapping[str, str]) -> dict[str, ServiceSpec]:
    """Return the services of a compose file, with variables of `environ` and the .env beside it."""
    variables = read_env(path.with_name(".env"), environ)
    specs: dict[str, ServiceSpec] = {}
    name = ""
    try:
        for name, keys in yaml.safe_load(path.read_text("utf-8"))["services"].items():
            specs[name] = _spec(name, keys, path.parent, variables)
        name = "depends_on"
        TopologicalSorter({each: specs[each].depends_on for each in specs}).prepare()
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{path.name}: {name}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        remedy = "set x-native: {command: […]} for the service"
        raise ComposeFileError(f"{reason}. Without Docker, {remedy}.") from None
    except (AttributeError, LookupError, OSError, TypeError, ValueError, yaml.YAMLError) as error:
        reason = f"{path.name}: {name}: {' '.join(str(error).split())}"
        raise ComposeFileError(reason) from None
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


def _spec(
    name: str, keys: dict[str, Any], folder: Path, variables: Mapping[str, str]
) -> ServiceSpec:
    native = keys.get("x-native", {})
    is_command = "build" in keys or "command" in native
    runner = "command" if is_command else re.split("[:@]", keys.get("image", ""))[0]
    runner = runner if runner in ("command", "postgres", "redis") else ""
    keys = keys | native
    cwd = folder / keys.pop("build", ".")
    if "command" in native or not runner:
        keys = {key: keys[key] for key in keys.keys() & ServiceSpec.model_fields}
    elif runner == "command" and "command" not in keys:
        raise ValueError("the Dockerfile is not read. Write a command.")
    elif runner == "postgres":
        keys.setdefault("stop_signal", "SIGINT")  # that of its image: SIGTERM waits for clients
    keys["ports"] = [_port(port, variables) for port in keys.get("ports", [])]
    supported = {key: keys[key] for key in keys.keys() - IGNORED_KEYS if key[:2] != "x-"}
    return ServiceSpec(name=name, variables=variables, runner=runner, cwd=cwd, **supported)


def _port(entry: str, variables: Mapping[str, str]) -> Port:
    match = PORT.fullmatch(entry)
    if not match:
        raise ValueError(f"ports: write 127.0.0.1:${{NAME:-8000}}:8000, not {entry!r}")
    name, default, fixed, target = match.groups()
    value = variables.get(name or "") or default or fixed
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 0 < int(value) < 65536:
        raise ValueError(f"{name}: {value!r} is not a port. Set it to a number below 65536.")
    return Port(int(target), int(value), name)
