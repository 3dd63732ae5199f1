"""All services, in the order of their dependencies, until dev.sh is stopped."""

import asyncio
import json
import os
import signal
from asyncio import Task, TaskGroup
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic

import watchfiles

from native import LOGS_DIR, ROOT, STATE_FILE
from native.compose_file import ServiceSpec
from native.service import Service

SCHEMES = {5432: "postgresql", 6379: "redis"}  # by container port; all others speak HTTP
STATE_KEYS = ("pid", "exit_code", "health", "check_output")
POLL_SECONDS = 0.05
MAX_LOG_BYTES = 1 << 20  # of one service at once


class Supervisor:
    """Keeps services running, one coroutine for each."""

    def __init__(self, specs: Mapping[str, ServiceSpec]) -> None:
        self._services = {
            name: Service(spec, self._say, self._changed) for name, spec in specs.items()
        }
        self._logs = {name: (LOGS_DIR / f"{name}.log").open("w+b") for name in specs}
        self._tasks: dict[str, Task[None]] = {}
        self._began, self._ready, self._failure = monotonic(), False, ""
        self._stop_requested = asyncio.Event()

    async def run(self) -> bool:
        """Run all services until a signal, or a failed start; return whether all were healthy."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop_requested.set)
        self._say(f"starting {', '.join(self._services)}")
        async with TaskGroup() as group:
            printing = group.create_task(self._follow_logs())
            for name in self._services:
                self._tasks[name] = group.create_task(self._run(name))
            reloading = group.create_task(self._reload(group))
            await self._stop_requested.wait()
            reloading.cancel()
            self._say("stopping")
            while tasks := self._tasks:  # dependents first
                needed = {each for name in tasks for each in self._services[name].spec.depends_on}
                await _cancel([tasks.pop(name) for name in tasks.keys() - needed])
            printing.cancel()
        self._say("stopped" if self._ready else "stopped before all was healthy. See .dev/logs.")
        if self._failure:
            self._say(self._failure)
        return self._ready

    async def _run(self, name: str) -> None:
        for dependency, condition in self._services[name].spec.depends_on.items():
            if service := self._services.get(dependency):
                is_health = condition == "service_healthy"
                await (service.healthy if is_health else service.completed).wait()
        await self._services[name].supervise()

    async def _reload(self, group: TaskGroup) -> None:
        """Restart services when files change that they watch."""
        rules = [
            (service, ROOT / rule.path, rule.action)
            for service in self._services.values()
            for rule in service.spec.develop.get("watch", [])
        ]
        if not rules:
            return
        async for changes in watchfiles.awatch(*{path for _, path, _ in rules}):
            edited: set[str] = set()
            for service, path, action in rules:
                files = {Path(file).name for _, file in changes if Path(file).is_relative_to(path)}
                if not files or service.completed.is_set():
                    continue
                remedy = "restart dev.sh to install it"
                if action == "sync+restart":
                    edited.add(service.spec.name)
                    remedy = f"restarting {service.spec.name}"
                self._say(f"{', '.join(sorted(files))} changed, {remedy}")
            await _cancel([self._tasks[name] for name in edited])
            for name in edited:
                self._tasks[name] = group.create_task(self._run(name))

    def _changed(self) -> None:
        if not (self._ready or self._stop_requested.is_set()):
            self._check_start()
        services = {
            name: {key: getattr(service, key) for key in STATE_KEYS}
            for name, service in self._services.items()
        }
        state = {"pid": os.getpid(), "ready": self._ready, "services": services}
        draft = STATE_FILE.with_suffix(".new")
        with suppress(OSError):  # a full disk does not end the services
            draft.write_text(json.dumps(state, indent=1))
            draft.replace(STATE_FILE)

    def _check_start(self) -> None:
        """Announce that all services are ready, or stop when one has failed."""
        services = self._services.values()
        if failed := [each for each in services if each.health == "unhealthy"]:
            self._failure = f"{failed[0].spec.name}: {failed[0].last_error_line()}"
            self._stop_requested.set()
        elif all(each.health == "healthy" or each.completed.is_set() for each in services):
            self._ready = True
            self._say(f"ready in {monotonic() - self._began:.1f} s, Ctrl-C stops everything")
            for each in services:
                for port in each.spec.ports:
                    scheme = SCHEMES.get(port.target, "http")
                    self._say(f"  {each.spec.name:9} {scheme}://localhost:{port.published}")

    def _say(self, text: str) -> None:
        """Print a line of dev.sh, after the lines that the services have written."""
        self._print_logs()
        _print("dev", text)

    async def _follow_logs(self) -> None:
        while True:
            self._print_logs()
            await asyncio.sleep(POLL_SECONDS)

    def _print_logs(self) -> None:
        for name, log in self._logs.items():
            for line in log.readlines(MAX_LOG_BYTES):
                if line.endswith(b"\n"):
                    _print(name, line.decode(errors="replace").rstrip())
                else:
                    log.seek(-len(line), os.SEEK_CUR)  # until the line is complete


def _print(name: str, text: str) -> None:
    with suppress(OSError):  # stdout may be closed; the log files hold it all
        os.write(1, f"{name:8} | {text}\n".encode())


async def _cancel(tasks: list[Task[None]]) -> None:
    """Cancel tasks, except those that already stop: a second time would cut that short."""
    for task in tasks:
        if not task.cancelling():
            task.cancel()
    if tasks:
        await asyncio.wait(tasks)
