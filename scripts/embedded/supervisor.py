"""Runs services as Docker would: in order, with healthchecks and restarts, until it is stopped."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import IO, Any

import watchfiles

from embedded.compose_file import STATE, STATE_FILE, Service
from embedded.reaper import GRACE, signal_group

SCHEMES = {
    5432: "postgresql",
    6379: "redis",
}  # by container port; what else is published speaks HTTP


class Supervisor:
    """Keeps services running, one coroutine for each, and prints what they and itself have to say."""

    def __init__(self, services: dict[str, Service]) -> None:
        self._services, self._ready, self._stopping = services, False, asyncio.Event()
        self._logs = {name: (STATE / "logs" / f"{name}.log").open("w+b") for name in services}
        width = max(map(len, services))
        form = (
            "\033[{}m{}\033[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else "{1}"
        )
        self._prefixes = {
            n: form.format(36 - i % 6, f"{n:{width}} |") for i, n in enumerate(["dev", *services])
        }

    async def run(self) -> bool:
        """Start everything; stay until a signal, or a failure before all is healthy; return whether it ever was."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGUSR1, self._start_exited)
        self._say(f"starting {', '.join(self._services)}")
        async with asyncio.TaskGroup() as group:
            work = [*map(self._keep, self._services.values()), self._follow(), self._reload()]
            tasks = list(map(group.create_task, work))
            await self._stopping.wait()
            self._say("stopping")
            for task in tasks:
                task.cancel()
        self._say(
            "stopped"
            if self._ready
            else "stopped before everything was healthy; all output is in .dev/logs"
        )
        return self._ready

    def _start_exited(self) -> None:
        for service in self._services.values():
            if service.public["state"] == "exited":
                service.again.set()

    def _set(self, service: Service, **changes: Any) -> None:
        service.public |= changes
        services = {name: each.public for name, each in self._services.items()}
        draft = STATE_FILE.with_suffix(".new")
        draft.write_text(
            json.dumps({"pid": os.getpid(), "ready": self._ready, "services": services}, indent=1)
        )
        draft.replace(STATE_FILE)

    def _say(self, text: str) -> None:
        self._print_logs()
        self._print("dev", text)

    def _print_logs(self) -> None:
        for name, log in self._logs.items():
            for line in log.readlines(1 << 20):  # not endlessly, however much a service writes
                if line.endswith(b"\n"):
                    self._print(name, line.decode(errors="replace").rstrip())
                else:
                    log.seek(-len(line), os.SEEK_CUR)  # until the rest of it is there

    def _print(self, name: str, text: str) -> None:
        with suppress(OSError):  # nobody may read any more; the log files hold it all
            os.write(1, f"{self._prefixes[name]} {text}\n".encode())

    async def _follow(self) -> None:
        """Print what the services write; at the start, wait until all are healthy, or one is not."""
        began = monotonic()
        while True:
            self._print_logs()
            if not self._ready and any(
                service.public["health"] == "unhealthy" for service in self._services.values()
            ):
                self._stopping.set()
            elif not self._ready and all(
                service.was_healthy.is_set() for service in self._services.values()
            ):
                self._ready = True
                self._say(f"ready in {monotonic() - began:.1f} s, Ctrl-C stops everything")
                for service in self._services.values():
                    self._set(service)
                    for inner, port in service.ports.items():
                        self._say(
                            f"  {service.name:9} {SCHEMES.get(inner, 'http')}://localhost:{port}"
                        )
            await asyncio.sleep(0.05)

    async def _reload(self) -> None:
        built = [service for service in self._services.values() if service.reloads]
        async for changes in watchfiles.awatch(
            *{each.cwd for each in built}, watch_filter=watchfiles.PythonFilter()
        ):
            names = {os.path.basename(path) for _, path in changes}
            self._say(
                f"{', '.join(sorted(names))} changed, restarting {' and '.join(each.name for each in built)}"
            )
            for service in built:
                service.again.set()

    async def _keep(self, service: Service) -> None:
        """Start a service when its dependencies are there; again when it was asked for or its policy says so."""
        port = next(iter(service.ports.values()), None)
        self._set(
            service,
            pid=None,
            state="waiting",
            exit_code=None,
            health="none",
            port=port,
            health_log=[],
        )
        for name in self._services.keys() & service.depends_on:
            await self._services[name].was_healthy.wait()
        failures = 0
        while True:
            service.again.clear()
            code = await self._live(service)
            if service.again.is_set():
                continue
            failures = 1 if service.public["health"] == "healthy" else failures + 1
            self._set(service, state="exited", pid=None, exit_code=code, health="unhealthy")
            waits = 1 if code and failures <= service.restarts else None
            hint = "" if waits or not service.reloads else "; the next edit starts it again"
            self._say(f"{service.name} exited with code {code}{hint}")
            with suppress(TimeoutError):
                await asyncio.wait_for(service.again.wait(), waits)

    async def _live(self, service: Service) -> int:
        """Run a service from its start to its end; return the exit code, 128 + N after signal N."""
        with (STATE / "logs" / f"{service.name}.log").open("ab") as log:
            async with _process(service, service.command, log) as process:
                self._set(
                    service,
                    state="running",
                    pid=process.pid,
                    exit_code=None,
                    health="starting",
                    health_log=[],
                )
                tasks = list(
                    map(
                        asyncio.create_task,
                        (process.wait(), service.again.wait(), self._check(service)),
                    )
                )
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
        return process.returncode if process.returncode >= 0 else 128 - process.returncode

    async def _check(self, service: Service) -> None:
        """Follow a running service's health by Docker's rules, until it is cancelled."""
        check, began, failures = service.health, monotonic(), 0
        while True:
            before = service.public["health"]
            early = before == "starting" and monotonic() - began < check["start_period"]
            await asyncio.sleep(check["start_interval" if early else "interval"])
            try:
                async with _process(service, check["test"], PIPE) as process:
                    output, _ = await asyncio.wait_for(process.communicate(), check["timeout"])
                code, words = process.returncode, output[-4096:].decode(errors="replace").strip()
            except TimeoutError:
                code, words = -1, f"no answer in {check['timeout']:g} s"
            failures = 0 if code == 0 else failures + (not early)
            health = (
                "healthy" if code == 0 else "unhealthy" if failures >= check["retries"] else before
            )
            self._set(
                service,
                health=health,
                health_log=[*service.public["health_log"][-4:], {"exit": code, "output": words}],
            )
            if health != before:
                self._say(
                    f"{service.name} is {health}"
                    + (f": {words.splitlines()[-1]}" if words and code else "")
                )
            if health == "healthy":
                service.was_healthy.set()


@asynccontextmanager
async def _process(
    service: Service, command: list[str], output: IO[bytes] | int
) -> AsyncIterator[Process]:
    """Run a command as the leader of its own process group, which ends with the block."""
    process = await asyncio.create_subprocess_exec(
        "env",
        *command,  # it looks on the service's PATH, and exits with 127 when there is no such program
        cwd=service.cwd,
        env=service.env,
        stdin=DEVNULL,
        stdout=output,
        stderr=STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for number in (
            service.stop_signal,
            signal.SIGKILL,
        ):  # the second one also for what the leader left behind
            signal_group(process.pid, number)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE)
