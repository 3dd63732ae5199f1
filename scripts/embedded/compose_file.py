"""Reads docker-compose.yml and .env: each compose service as a process of this machine."""

import math
import os
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import dotenv
import expandvars
import yaml

from embedded import images
from embedded.service import ROOT, HealthCheck, Refused, Service, clean_environment

FILE = ROOT / "docker-compose.yml"
MAPPED = {"image", "build", "command", "environment", "ports", "depends_on", "healthcheck", "restart"}
IGNORED = {"container_name", "hostname", "init", "labels", "networks", "pull_policy", "shm_size", "tmpfs", "volumes"}
TOP_LEVEL = {"name", "networks", "services", "volumes"}
CONDITIONS = {"service_started", "service_healthy"}
UNKNOWN = "has no counterpart without containers"


def load() -> dict[str, Service]:
    """Return the services by name, in the file's order.

    Raises Refused when the file is missing or broken, a variable is undefined, or something in it
    has no counterpart without containers.
    """
    try:
        document = yaml.safe_load(FILE.read_text())
    except OSError as error:
        raise Refused(f"{FILE.name}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise Refused(f"{FILE.name}: {' '.join(str(error).split())}") from None
    file_values = {key: value for key, value in dotenv.dotenv_values(ROOT / ".env").items() if value is not None}
    variables = file_values | os.environ  # as in compose: the shell beats the file
    try:
        _only([key for key in document if not key.startswith("x-")], TOP_LEVEL)
        raw = document["services"]
        specs = {name: _expand(raw[name], variables) for name in raw}
        ports = {name: _ports(specs[name].get("ports", [])) for name in specs}
        return {name: _service(name, specs[name], raw[name], ports) for name in specs}
    except Refused as refusal:
        raise Refused(f"{FILE.name}: {refusal}") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refused(f"{FILE.name}: not of the expected form: {error!r}") from error


def _service(name: str, spec: dict, raw: dict, ports: dict[str, dict[int, int]]) -> Service:
    _only(spec, MAPPED | IGNORED)
    to_host = _address_rule(name, ports)
    variable = re.findall(r"\$\{?(\w+)", " ".join(map(str, raw.get("ports", []))))
    service = Service(
        name=name,
        command=[to_host(word) for word in _words(spec.get("command", []))],
        env=clean_environment() | {key: to_host(str(value)) for key, value in spec.get("environment", {}).items()},
        ports=ports[name],
        remedy=f"set {variable[-1]}, in .env or the shell" if variable else f"change it in {FILE.name}",
        depends_on=_conditions(spec.get("depends_on", {}), ports),
        health=_health(spec["healthcheck"], to_host) if "healthcheck" in spec else None,
        restarts=_restarts(spec.get("restart", "no")),
    )
    if "build" in spec:
        build = spec["build"]
        context = ROOT / (build if isinstance(build, str) else build["context"])
        if not context.is_dir():
            raise Refused(f"{name}: {build} is not a folder")
        # what the check asks is what a developer may ask too
        asked = re.search(r"http://127\.0\.0\.1(:\d+[\w/]*)", " ".join(service.health.test if service.health else []))
        return replace(service, cwd=context, watch=context, env=service.env | {"PYTHONUNBUFFERED": "1"},
                       address=f"http://localhost{asked[1]}" if asked else None)
    image = spec["image"].partition(":")[0]
    if image not in images.MAPPED:
        raise Refused(f"{name}: image {spec['image']} {UNKNOWN}")
    return images.MAPPED[image](service)


def _only(keys: Iterable[str], known: set[str]) -> None:
    for key in keys:
        if key not in known:
            raise Refused(f"{key} {UNKNOWN}")


def _address_rule(name: str, ports: dict[str, dict[int, int]]) -> Callable[[str], str]:
    """Return the one rule that turns a container's addresses into this machine's."""
    there = {f"{other}:{inner}": f"127.0.0.1:{outer}" for other in ports for inner, outer in ports[other].items()}
    there |= {str(inner): str(outer) for inner, outer in ports[name].items()} | {"0.0.0.0": "127.0.0.1"}
    longest_first = sorted(map(re.escape, there), key=len, reverse=True)
    # in one pass: a host port may be another service's container port; before an @ stands a password
    pattern = re.compile(rf"(?<![\w.-])(?:{'|'.join(longest_first)})(?![\w.@])")
    return lambda text: pattern.sub(lambda match: there[match[0]], text)


def _ports(entries: list) -> dict[int, int]:
    published = {}
    for entry in entries:
        match = re.fullmatch(r"(?:[\d.]+:)?(\d+):(\d+)", str(entry))
        if not match or not 0 < int(match[1]) < 65536:
            raise Refused(f"cannot read the port {entry!r}, expected [ADDRESS:]PORT:CONTAINER_PORT")
        published[int(match[2])] = int(match[1])
    return published


def _conditions(rules: dict[str, dict], known: Iterable[str]) -> dict[str, str]:
    for other, rule in rules.items():
        if other not in known or rule["condition"] not in CONDITIONS:
            raise Refused(f"cannot wait for {other}: {rule['condition']}")
    return {other: rule["condition"] for other, rule in rules.items()}


def _health(check: dict, to_host: Callable[[str], str]) -> HealthCheck:
    _only(check, set(HealthCheck.__dataclass_fields__))
    kind, *words = ["CMD-SHELL", check["test"]] if isinstance(check["test"], str) else check["test"]
    if kind not in ("CMD", "CMD-SHELL"):
        raise Refused(f"healthcheck {kind} {UNKNOWN}")
    words = [to_host(str(word)) for word in words]
    times = {key: _seconds(value) for key, value in check.items() if key not in ("test", "retries")}
    return HealthCheck(words if kind == "CMD" else ["/bin/sh", "-c", *words], retries=int(check.get("retries", 3)), **times)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h))+", text):
        raise Refused(f"cannot read the time {text!r}")
    units = {"ms": 1e-3, "s": 1, "m": 60, "h": 3600}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([a-z]+)", text))


def _restarts(policy: str) -> float:
    match = re.fullmatch(r"no|on-failure(?::(\d+))?", policy)
    if not match:
        raise Refused(f"restart: {policy} {UNKNOWN}")
    return 0 if policy == "no" else float(match[1] or math.inf)


def _words(command: str | list) -> list[str]:
    return shlex.split(command) if isinstance(command, str) else [str(word) for word in command]


def _expand(value: Any, variables: dict[str, str]) -> Any:
    """Put the variables into every text of a value. Raises Refused when one is undefined."""
    if isinstance(value, dict):
        return {key: _expand(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_expand(inner, variables) for inner in value]
    if not isinstance(value, str):
        return value
    try:  # $$ stands for $, which the package reads as a process id
        plain = expandvars.expand(value.replace("$$", "\0"), nounset=True, environ=variables, escape_char="")
    except expandvars.ExpandvarsException as error:
        raise Refused(f"{value}: {error.args[0]}") from None
    return plain.replace("\0", "$")
