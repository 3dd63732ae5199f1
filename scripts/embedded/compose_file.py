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
        with FILE.open() as file:
            document = yaml.safe_load(file)
    except OSError as error:
        raise Refused(f"{FILE.name}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise Refused(" ".join(str(error).split())) from None
    file_values = {key: value for key, value in dotenv.dotenv_values(ROOT / ".env").items() if value is not None}
    variables = file_values | os.environ  # as in compose: the shell beats the file
    where, specs, ports, services = FILE.name, {}, {}, {}
    try:
        _only([key for key in document if not key.startswith("x-")], TOP_LEVEL)
        for name, raw in document["services"].items():
            where = f"{FILE.name}: {name}"
            specs[name] = _expand(raw, variables)
            ports[name] = _ports(specs[name].get("ports", []))
        for name, raw in document["services"].items():
            where = f"{FILE.name}: {name}"
            services[name] = _service(name, specs, raw, ports)
    except Refused as refusal:
        raise Refused(f"{where}: {refusal}") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refused(f"{where}: not of the expected form: {error!r}") from error
    return services


def _service(name: str, specs: dict[str, dict], raw: dict, ports: dict[str, dict[int, int]]) -> Service:
    spec, to_host = specs[name], _address_rule(name, ports)
    _only(spec, MAPPED | IGNORED)
    variable = re.findall(r"\$\{?(\w+)", " ".join(map(str, raw.get("ports", []))))
    service = Service(
        name=name,
        command=[to_host(word) for word in _words(spec.get("command", []))],
        env=clean_environment() | {key: to_host(_text(value)) for key, value in spec.get("environment", {}).items()},
        ports=ports[name],
        remedy=f"set {variable[-1]}, in .env or the shell" if variable else f"change it in {FILE.name}",
        depends_on=_conditions(spec.get("depends_on", {}), specs),
        health=_health(spec["healthcheck"], to_host) if "healthcheck" in spec else None,
        restarts=_restarts(spec.get("restart", "no")),
    )
    if "build" in spec:
        build = spec["build"]
        context = ROOT / (build if isinstance(build, str) else build["context"])
        if not context.is_dir():
            raise Refused(f"build: {context} is not a folder")
        # what the check asks is what a developer may ask too
        asked = re.search(r"http://127\.0\.0\.1(:\d+[\w/]*)", " ".join(service.health.test if service.health else []))
        return replace(service, cwd=context, watch=context, env=service.env | {"PYTHONUNBUFFERED": "1"},
                       address=f"http://localhost{asked[1]}" if asked else None)
    image = spec["image"].partition(":")[0]
    if image not in images.MAPPED:
        raise Refused(f"image {spec['image']} {UNKNOWN}")
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


def _conditions(rules: dict[str, dict], specs: dict[str, dict]) -> dict[str, str]:
    conditions = {other: rule["condition"] for other, rule in rules.items()}
    for other, condition in conditions.items():
        _only([condition], CONDITIONS)
        if other not in specs or (condition == "service_healthy" and "healthcheck" not in specs[other]):
            raise Refused(f"it waits for {other}, which is no service with a healthcheck")
    return conditions


def _health(check: dict, to_host: Callable[[str], str]) -> HealthCheck:
    _only(check, set(HealthCheck.__dataclass_fields__))
    kind, *words = ["CMD-SHELL", check["test"]] if isinstance(check["test"], str) else check["test"]
    if kind not in ("CMD", "CMD-SHELL"):
        raise Refused(f"healthcheck {kind} {UNKNOWN}")
    command = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
    times = {key: _seconds(value) for key, value in check.items() if key not in ("test", "retries")}
    return HealthCheck([to_host(_text(word)) for word in command], retries=int(check.get("retries", 3)), **times)


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
    return shlex.split(command) if isinstance(command, str) else [_text(word) for word in command]


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(f"expected a text or a number, found {value!r}")
    return str(value)


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
        raise Refused(error.args[0]) from None
    return plain.replace("\0", "$")
