"""Read docker-compose.yml: what its services say, and nothing of how they are run.

A service's extension field `x-native` is for runs without Docker. `x-native: false` says that the
service is for containers only. A mapping replaces keys of the service, and null removes one:
`x-native: {command: [mailpit, --listen, "0.0.0.0:8025"], entrypoint: null}`.
"""

import re
import signal
from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from native import COMPOSE_FILE
from native.env_file import ComposeFileError, read_env
from native.service_spec import (
    CONDITIONS,
    IGNORED_KEYS,
    RESTART_POLICIES,
    SUPPORTED_KEYS,
    WATCH_ACTIONS,
    Healthcheck,
    Port,
    ServiceSpec,
)
from native.variables import REFERENCE, expand

# raised where the file has another shape than compose's
MALFORMED = (AttributeError, LookupError, OSError, TypeError, ValueError)
UNIT_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
SHORT_PORT = re.compile(r"(?:(?:[\w.]+|\[[\da-f:]+\]):)?([^:]*):(\d+)(?:/tcp)?", re.ASCII)


class WrongValue(ComposeFileError):
    """What is wrong with a variable that the person has set."""


class _TextLoader(yaml.SafeLoader):
    """Load numbers and booleans as the texts that the file has."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag.endswith((":merge", ":null"))]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(path: Path, environ: Mapping[str, str]) -> dict[str, ServiceSpec]:
    """Return the services of a compose file; variables come from `environ` and the .env beside it.

    A service that cannot be used says why in its `error`. Raises ComposeFileError when a file
    cannot be read.
    """
    variables = read_env(path.with_name(".env"), environ)
    try:
        document = yaml.load(path.read_text("utf-8"), _TextLoader)
        services = {name: dict(keys) for name, keys in document["services"].items()}
    except (yaml.YAMLError, *MALFORMED) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ComposeFileError(f"{path.name}: {reason}") from None
    if "include" in document:
        raise ComposeFileError(f"{path.name}: include cannot be honoured without Docker")
    specs = {}
    for name, keys in services.items():
        native = keys.pop("x-native", None) or {}
        is_native = False if native == "false" else "command" in native or None
        image, is_built = str(keys.get("image", "")), "build" in keys
        spec = ServiceSpec(name, variables, image, is_built=is_built, is_native=is_native)
        try:
            merged = keys if native == "false" else keys | native
            keys = {key: value for key, value in merged.items() if value is not None}
            specs[name] = _parse_keys(spec, keys, path.parent)
            if undefined := specs[name].depends_on.keys() - services.keys():
                raise ComposeFileError(f"depends_on: no service {min(undefined)}")
        except (ComposeFileError, *MALFORMED) as error:
            kind = "" if isinstance(error, ComposeFileError) else f"{type(error).__name__}: "
            place = "" if isinstance(error, WrongValue) else f"{path.name}: {name}: {kind}"
            specs[name] = replace(spec, error=f"{place}{error}")
    return specs


def select(specs: Mapping[str, ServiceSpec], names: Iterable[str], no_deps: bool) -> list[str]:
    """Return what runs when `names` are asked for, all being meant by none, in the file's order.

    As compose does: with dependencies unless `no_deps`, and without services of a profile unless
    one is asked for. Raises ComposeFileError when services wait for each other.
    """
    selected = set(names) or {name for name, spec in specs.items() if not spec.profiles}
    try:
        order = TopologicalSorter({name: spec.depends_on for name, spec in specs.items()})
        for name in reversed([*order.static_order()]):  # dependents come first
            if name in selected and not no_deps:
                selected |= specs[name].depends_on.keys()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise ComposeFileError(f"{COMPOSE_FILE.name}: depends_on: a circle: {circle}") from None
    return [name for name in specs if name in selected]


def _parse_keys(spec: ServiceSpec, keys: dict[str, Any], root: Path) -> ServiceSpec:
    variables = spec.variables
    for key in keys:
        if key not in SUPPORTED_KEYS | IGNORED_KEYS.keys() and not key.startswith("x-"):
            raise ComposeFileError(f"{key} cannot be honoured without Docker")
    build, command = keys.get("build"), keys.get("command", ())
    context = build["context"] if isinstance(build, dict) else build
    if context and not command:
        raise ComposeFileError("needs a command here: the Dockerfile's is not read")
    policy, _, limit = expand(keys.get("restart", "no"), variables).partition(":")
    if policy not in RESTART_POLICIES:
        raise ComposeFileError(f"restart: no policy {policy}")
    stop_signal = expand(keys.get("stop_signal", ""), variables).upper()
    stop_name = stop_signal if stop_signal.startswith("SIG") else f"SIG{stop_signal}"
    if stop_signal and stop_name not in signal.Signals.__members__:
        raise ComposeFileError(f"stop_signal: no signal {stop_signal}")
    return replace(
        spec,
        image=expand(keys.get("image", ""), variables),
        is_built=bool(context),
        folder=(root / expand(context or ".", variables)).resolve(strict=True),
        command=command if isinstance(command, str) else tuple(command),
        environment=_environment(keys.get("environment", {}), variables),
        ports=tuple(_port(entry, variables) for entry in keys.get("ports", [])),
        depends_on=_depends_on(keys.get("depends_on", {})),
        healthcheck=_healthcheck(keys.get("healthcheck", {}), variables),
        restart_policy=policy,
        max_restarts=0 if policy == "no" else float(limit or "inf"),
        stop_signal=signal.Signals[stop_name] if stop_signal else None,
        stop_grace_seconds=_seconds(expand(keys.get("stop_grace_period", "10s"), variables)),
        profiles=tuple(keys.get("profiles", ())),
        watched=_watched(keys.get("develop", {}).get("watch", []), root),
    )


def _environment(entries: Any, variables: Mapping[str, str]) -> dict[str, str]:
    if isinstance(entries, list):
        split = (entry.partition("=") for entry in entries)
        entries = {name: value if equals else None for name, equals, value in split}
    passed = {name: f"${{{name}}}" for name in entries if name in variables}
    return {
        name: passed[name] if value is None else value
        for name, value in entries.items()
        if value is not None or name in passed
    }


def _port(entry: Any, variables: Mapping[str, str]) -> Port:
    if isinstance(entry, dict):
        entry = f"{entry.get('published', '')}:{entry['target']}"
    # the last variable stands for the port, before it there may be one for the address
    [*_, variable] = [None, *(match for match in REFERENCE.finditer(entry) if not match["dollar"])]
    name = variable and (variable["bare"] or variable["braced"])
    if variable and not _is_port(value := expand(variable[0], variables)):
        raise WrongValue(f"{name}: expected a port from 1 to 65535, found {value!r}")
    match = SHORT_PORT.fullmatch(expand(entry, variables))
    if not match or not _is_port(match[1]):
        raise ComposeFileError(f"ports: {entry}: expected PORT:CONTAINER_PORT, for TCP")
    return Port(int(match[2]), int(match[1]), name)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65536


def _depends_on(rules: Any) -> dict[str, str]:
    if isinstance(rules, list):
        return dict.fromkeys(rules, "service_started")
    conditions = {name: rule.get("condition", "service_started") for name, rule in rules.items()}
    if unknown := set(conditions.values()) - CONDITIONS:
        raise ComposeFileError(f"depends_on: no condition {min(unknown)}")
    return conditions


def _watched(rules: list[dict[str, str]], root: Path) -> dict[Path, str]:
    if unknown := {rule["action"] for rule in rules} - WATCH_ACTIONS:
        raise ComposeFileError(f"develop.watch: no action {min(unknown)}")
    return {(root / rule["path"]).resolve(strict=True): rule["action"] for rule in rules}


def _healthcheck(keys: dict[str, Any], variables: Mapping[str, str]) -> Healthcheck | None:
    test = keys.get("test", ["NONE"])
    kind, *words = ["CMD-SHELL", test] if isinstance(test, str) else test
    if kind == "NONE" or keys.get("disable") == "true":
        return None
    if kind not in {"CMD", "CMD-SHELL"}:
        raise ComposeFileError(f"healthcheck: expected CMD, CMD-SHELL or NONE, found {kind}")
    settings: dict[str, Any] = {}
    for key in keys.keys() - {"test", "disable"}:
        text = expand(keys[key], variables)
        name, value = (key, int(text)) if key == "retries" else (f"{key}_seconds", _seconds(text))
        settings |= {name: value} if value else {}  # 0 means the default
    return Healthcheck(tuple(words if kind == "CMD" else ["sh", "-c", *words]), **settings)


def _seconds(text: str) -> float:
    parts = re.findall(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise ComposeFileError(f"{text} is no duration, like 1m30s")
    return sum(float(number) * UNIT_SECONDS[unit] for number, unit in parts)
