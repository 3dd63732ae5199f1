"""Run processes as Docker would: in order, with healthchecks and restarts, until it is stopped."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import IO

import watchfiles

from native import STATE_DIR, STATE_FILE
from native.reaper import signal_group
from native.translate import DEFAULT_HEALTHCHECK, ProcessSpec

SCHEMES = {5432: "postgresql", 6379: "redis"}  # by container port; all others speak HTTP
POLL_SECONDS = 0.05
MAX_RESTART_DELAY_SECONDS = 60  # Docker's


@dataclass
class Service:
    """How a process is now."""

    spec: ProcessSpec
    state: str = "waiting"  # running, exited
    pid: int | None = None
    exit_code: int | None = None
    health: str = "none"  # starting, healthy, unhealthy
    health_log: list[dict[str, int | str]] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    healthy: asyncio.Event = field(default_factory=asyncio.Event)  # it has been, once
    completed: asyncio.Event = field(default_factory=asyncio.Event)  # a one-shot's work is done
    restart_requested: asyncio.Event = field(default_factory=asyncio.Event)

    def event(self, condition: str) -> asyncio.Event:
        """Return what one waits for under a condition of depends_on."""
        return {"service_started": self.started, "service_healthy": self.healthy}.get(
            condition, self.completed
        )

    def status(self) -> dict[str, object]:
        """Return what state.json says of it."""
        names = ("pid", "state", "exit_code", "health", "health_log")
        ports = {port.target: port.published for port in self.spec.ports}
        return {name: getattr(self, name) for name in names} | {"ports": ports}


class Supervisor:
    """Keeps services running, one coroutine for each, and prints what they and itself have to say."""

    def __init__(self, processes: Mapping[str, ProcessSpec]) -> None:
        self._services = {name: Service(spec) for name, spec in processes.items()}
        self._ready, self._failure, self._stop_requested = False, "", asyncio.Event()
        self._logs = {name: (STATE_DIR / "logs" / f"{name}.log").open("w+b") for name in processes}
        names, width = ["dev", *processes], max(map(len, processes))
        color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        template = "\033[{}m{}\033[0m" if color else "{1}"
        self._prefixes = {
            name: template.format(36 - i % 6, f"{name:{width}} |") for i, name in enumerate(names)
        }

    async def run(self) -> bool:
        """Start everything, and stay until a signal, or a failure before all are healthy.

        Return whether they ever were.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                loop.add_signal_handler(number, self._stop_requested.set)
        loop.add_signal_handler(signal.SIGUSR1, self._start_exited)
        self._say(f"starting {', '.join(self._services)}")
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(work) for work in (self._follow(), self._reload())]
            tasks = {
                name: group.create_task(self._supervise(service))
                for name, service in self._services.items()
            }
            await self._stop_requested.wait()
            self._say("stopping")
            helpers[1].cancel()
            while tasks:  # dependents first
                needed = {each for name in tasks for each in self._services[name].spec.depends_on}
                last = {name: tasks.pop(name) for name in tasks.keys() - needed}
                for task in last.values():
                    task.cancel()
                await asyncio.wait(last.values())
            helpers[0].cancel()
        early = "stopped before everything was healthy; all output is in .dev/logs"
        self._say("stopped" if self._ready else f"{early}; {self._failure}".rstrip("; "))
        return self._ready

    def _start_exited(self) -> None:
        for service in self._services.values():
            if service.state == "exited":
                service.restart_requested.set()

    def _save_status(self) -> None:
        services = {name: service.status() for name, service in self._services.items()}
        draft = STATE_FILE.with_suffix(".new")
        status = {"pid": os.getpid(), "ready": self._ready, "services": services}
        draft.write_text(json.dumps(status, indent=1))
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
        with suppress(OSError):  # stdout may be closed; the log files hold it all
            os.write(1, f"{self._prefixes[name]} {text}\n".encode())

    async def _follow(self) -> None:
        """Print what the services write; at the start, wait until all are ready, or one fails."""
        began = monotonic()
        while True:
            self._print_logs()
            if not self._ready and not self._stop_requested.is_set():
                self._check_ready(monotonic() - began)
            await asyncio.sleep(POLL_SECONDS)

    def _check_ready(self, seconds: float) -> None:
        services = self._services.values()
        for service in services:
            if service.health == "unhealthy":
                log = STATE_DIR / "logs" / f"{service.spec.name}.log"
                last_line = log.read_text(errors="replace").rstrip().rpartition("\n")[2]
                self._failure = f"{service.spec.name}: {last_line}"
                self._stop_requested.set()
        if all(service.healthy.is_set() or service.completed.is_set() for service in services):
            self._ready = True
            self._save_status()
            self._say(f"ready in {seconds:.1f} s, Ctrl-C stops everything")
            for service in services:
                for port in service.spec.ports:
                    scheme = SCHEMES.get(port.target, "http")
                    self._say(f"  {service.spec.name:9} {scheme}://localhost:{port.published}")

    async def _reload(self) -> None:
        """Restart services when a *.py file in their folder has changed."""
        built = [service for service in self._services.values() if service.spec.reloads]
        folders = {service.spec.cwd for service in built}
        async for changes in watchfiles.awatch(*folders, watch_filter=watchfiles.PythonFilter()):
            paths = [path for _, path in changes]
            changed = [
                service
                for service in built
                if any(path.startswith(f"{service.spec.cwd}/") for path in paths)
                and not service.completed.is_set()
            ]
            files = ", ".join(sorted({os.path.basename(path) for path in paths}))
            names = " and ".join(service.spec.name for service in changed)
            self._say(f"{files} changed, restarting {names}")
            for service in changed:
                service.restart_requested.set()

    async def _supervise(self, service: Service) -> None:
        """Run a service once its dependencies allow; again when asked for, or by its policy."""
        spec, failures = service.spec, 0
        self._save_status()
        for name, condition in spec.depends_on.items():
            if name in self._services:
                await self._services[name].event(condition).wait()
        while True:
            service.restart_requested.clear()
            code = await self._run_once(service)
            if service.restart_requested.is_set():
                continue
            failures = 1 if service.health == "healthy" else failures + 1
            done = code == 0 and self._is_one_shot(spec)
            service.state, service.pid, service.exit_code = "exited", None, code
            service.health = "none" if done else "unhealthy"
            self._save_status()
            stopped = code in (0, 128 + spec.stop_signal) and not spec.restarts_after_success
            delay = None
            if done:
                service.completed.set()
                hint = ""
            elif not stopped and failures <= spec.max_restarts:
                delay = min(2 ** (failures - 1), MAX_RESTART_DELAY_SECONDS)
                hint = f"; restarting in {delay} s"
            else:
                hint = f"; kill -USR1 {os.getpid()} starts it again"
            if spec.reloads and not done:
                hint = "; the next edit starts it again" + hint.replace("; ", ", or ")
            self._say(f"{spec.name} exited with code {code}{hint}")
            with suppress(TimeoutError):
                await asyncio.wait_for(service.restart_requested.wait(), delay)

    def _is_one_shot(self, spec: ProcessSpec) -> bool:
        """Return whether success is an end: one waits for it, or nothing else can tell its health."""
        if spec.restarts_after_success:
            return False
        conditions = {each.spec.depends_on.get(spec.name) for each in self._services.values()}
        return (
            "service_completed_successfully" in conditions
            or spec.healthcheck is DEFAULT_HEALTHCHECK
        )

    async def _run_once(self, service: Service) -> int:
        """Run a service from its start to its end; return the exit code, 128 + N after signal N."""
        spec = service.spec
        with (STATE_DIR / "logs" / f"{spec.name}.log").open("ab") as log:
            stop = spec.stop_signal, spec.stop_grace_seconds
            async with _process(spec, spec.command, log, *stop) as process:
                service.state, service.pid, service.exit_code = "running", process.pid, None
                service.health, service.health_log = "starting", []
                service.started.set()
                self._save_status()
                work = (process.wait(), service.restart_requested.wait(), self._check(service))
                tasks = [asyncio.ensure_future(each) for each in work]
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
        code = process.returncode or 0
        return code if code >= 0 else 128 - code

    async def _check(self, service: Service) -> None:
        """Follow a running service's health by Docker's rules, until it is cancelled."""
        spec, check, began, failures = service.spec, service.spec.healthcheck, monotonic(), 0
        while True:
            before = service.health
            early = before == "starting" and monotonic() - began < check.start_period_seconds
            await asyncio.sleep(check.start_interval_seconds if early else check.interval_seconds)
            try:
                async with _process(spec, check.test, PIPE, signal.SIGKILL, 1) as process:
                    ended = process.communicate()
                    output, _ = await asyncio.wait_for(ended, check.timeout_seconds)
                code, words = process.returncode, output[-4096:].decode(errors="replace").strip()
            except TimeoutError:
                code, words = -1, f"no answer in {check.timeout_seconds:g} s"
            failures = 0 if code == 0 else failures + (not early)
            failing = "unhealthy" if failures >= check.retries else before
            service.health = "healthy" if code == 0 else failing
            service.health_log = [*service.health_log[-4:], {"exit": code or 0, "output": words}]
            self._save_status()
            if service.health != before:
                reason = f": {words.splitlines()[-1]}" if words and code else ""
                self._say(f"{spec.name} is {service.health}{reason}")
            if service.health == "healthy":
                service.healthy.set()


@asynccontextmanager
async def _process(
    spec: ProcessSpec,
    command: Sequence[str],
    output: IO[bytes] | int,
    stop_signal: signal.Signals,
    grace_seconds: float,
) -> AsyncIterator[Process]:
    """Run a command as the leader of its own process group, which ends with the block."""
    spec.cwd.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        "env",
        *command,  # it looks on the service's PATH, and exits with 127 when there is no such program
        cwd=spec.cwd,
        env=spec.env,
        stdin=DEVNULL,
        stdout=output,
        stderr=STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stopping = asyncio.ensure_future(_stop(process, stop_signal, grace_seconds))
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:  # Ctrl-C during a restart
            await stopping
            raise


async def _stop(process: Process, stop_signal: signal.Signals, grace_seconds: float) -> None:
    with suppress(ProcessLookupError, TimeoutError):
        process.send_signal(stop_signal)  # as Docker does, to the main process alone
        signal_group(process.pid, signal.SIGCONT)  # it may be frozen
        await asyncio.wait_for(process.wait(), grace_seconds)
    signal_group(process.pid, signal.SIGKILL)  # also what it has left behind
    await process.wait()
