"""All services, in the order of their dependencies, until dev.sh is stopped."""

import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import sleep

import watchfiles

from native import LOGS_DIR, ROOT, STATE_FILE
from native.compose_file import ServiceSpec
from native.service import Service

SCHEMES = {5432: "postgresql", 6379: "redis"}  # by container port; all others speak HTTP
STATE_KEYS = ("pid", "exit_code", "health", "check_output")
STEP_MS = 50


class Supervisor:
    """Keeps services running, in steps."""

    def __init__(self, specs: Mapping[str, ServiceSpec]) -> None:
        self._services = {
            name: Service(spec, LOGS_DIR / f"{name}.log", self._say) for name, spec in specs.items()
        }
        self._runs = {name: service.supervise() for name, service in self._services.items()}
        self._logs = {name: each.log.open("w+b") for name, each in self._services.items()}
        self._ready, self._stopping, self._failure, self._saved = False, False, "", ""

    def run(self) -> bool:
        """Run all services until a signal, or a failed start; return whether all were healthy."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._request_stop)
        self._say(f"starting {', '.join(self._services)}")
        rules = [rule for each in self._services.values() for rule in each.spec.develop]
        paths = {ROOT / rule.path for rule in rules if (ROOT / rule.path).exists()}
        for changes in watchfiles.watch(*paths, rust_timeout=STEP_MS, yield_on_timeout=True):
            if self._stopping:
                break
            self._reload([Path(file) for _, file in changes])
            self._step([name for name in self._services if self._may_run(name)])
            if not self._ready:
                self._check_start()
        self._say("stopping")
        while running := {name: each for name, each in self._services.items() if each.pid}:
            needed = {name for each in running.values() for name in each.spec.depends_on}
            for name in running.keys() - needed:
                running[name].interrupted = True
            self._step([*running])
            sleep(STEP_MS / 1000)
        self._say("stopped" if self._ready else "stopped before all was healthy. See .dev/logs.")
        self._say(self._failure)
        return self._ready

    def _request_stop(self, *_: object) -> None:
        self._stopping = True

    def _may_run(self, name: str) -> bool:
        return all(
            condition in self._services[dependency].reached
            for dependency, condition in self._services[name].spec.depends_on.items()
            if dependency in self._services
        )

    def _step(self, names: list[str]) -> None:
        for name in names:
            next(self._runs[name])
        self._say()
        services = {
            name: {key: getattr(service, key) for key in STATE_KEYS}
            for name, service in self._services.items()
        }
        state = {"pid": os.getpid(), "ready": self._ready, "services": services}
        if (text := json.dumps(state, indent=1)) != self._saved:
            draft = STATE_FILE.with_suffix(".new")
            with suppress(OSError):  # a full disk does not end the services
                draft.write_text(text)
                draft.replace(STATE_FILE)
                self._saved = text

    def _check_start(self) -> None:
        """Announce that all services are ready, or stop when one has failed."""
        services = self._services.values()
        if failed := [each for each in services if each.health == "unhealthy"]:
            self._failure = f"{failed[0].spec.name}: {failed[0].last_error_line()}"
            self._stopping = True
        elif all(each.health in ("healthy", "completed") for each in services):
            self._ready = True
            self._say("ready, Ctrl-C stops everything")
            for each in services:
                for port in each.spec.ports:
                    scheme = SCHEMES.get(port.target, "http")
                    self._say(f"  {each.spec.name:9} {scheme}://localhost:{port.published}")

    def _reload(self, files: list[Path]) -> None:
        """Restart the services that watch files that were edited."""
        for name, service in self._services.items():
            for rule in service.spec.develop:
                edited = {file.name for file in files if file.is_relative_to(ROOT / rule.path)}
                if not edited or service.health == "completed":
                    continue
                remedy = "restart dev.sh to install it"
                if rule.action == "sync+restart":
                    service.interrupted = True
                    remedy = f"restarting {name}"
                self._say(f"{', '.join(sorted(edited))} changed, {remedy}")

    def _say(self, text: str = "") -> None:
        """Print what the services have logged, and then a line of dev.sh."""
        lines: list[tuple[str, str]] = []
        for name, log in self._logs.items():
            for line in log.readlines():
                if line.endswith(b"\n"):
                    lines.append((name, line.decode(errors="replace").rstrip()))
                else:
                    log.seek(-len(line), os.SEEK_CUR)  # until the line is complete
        lines += [("dev", text)] if text else []
        for name, line in lines:
            with suppress(OSError):  # stdout may be closed; the log files hold it all
                os.write(1, f"{name:8} | {line}\n".encode())
