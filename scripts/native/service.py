"""Run one process as Docker runs a container: its healthcheck, its restarts, its end."""

import asyncio
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import IO

from native import LOGS_DIR
from native.reaper import signal_group
from native.translate import DEFAULT_HEALTHCHECK, ProcessSpec

MAX_RESTART_DELAY_SECONDS = 60  # Docker's
MAX_CHECK_OUTPUT_BYTES = 4096  # Docker's
REASON_SECONDS = 10  # between two reasons why a service is not healthy yet


@dataclass
class Service:
    """A process and how it is now; `changed` is called after every change, `say` prints a line."""

    spec: ProcessSpec
    say: Callable[[str], None]
    changed: Callable[[], None]
    is_awaited: bool  # somebody waits for its success
    state: str = "waiting"  # running, exited
    pid: int | None = None
    exit_code: int | None = None  # 128 + N after signal N
    health: str = "none"  # starting, healthy, unhealthy
    health_log: list[dict[str, int | str | None]] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    healthy: asyncio.Event = field(default_factory=asyncio.Event)  # it has been, once
    completed: asyncio.Event = field(default_factory=asyncio.Event)  # a one-shot has succeeded
    restart_requested: asyncio.Event = field(default_factory=asyncio.Event)

    def event(self, condition: str) -> asyncio.Event:
        """Return what a service that depends on this one waits for."""
        return {
            "service_started": self.started,
            "service_healthy": self.healthy,
            "service_completed_successfully": self.completed,
        }[condition]

    def status(self) -> dict[str, object]:
        """Return what state.json says of it."""
        names = ("pid", "state", "exit_code", "health", "health_log")
        ports = {port.target: port.published for port in self.spec.ports}
        return {name: getattr(self, name) for name in names} | {"ports": ports}

    def last_words(self) -> str:
        """Return the last line that its healthcheck has printed, or else the last error of its log."""
        if self.state == "running" and (said := str(self.health_log[-1]["output"]).strip()):
            return said.splitlines()[-1]
        lines = self._log.read_text(errors="replace").strip().splitlines()
        errors = [line for line in lines if re.search("FATAL|ERROR|Error", line)]
        return [*lines, *errors][-1] if lines else "wrote nothing"

    @property
    def _log(self) -> Path:
        return LOGS_DIR / f"{self.spec.name}.log"

    async def supervise(self) -> None:
        """Run it until cancelled: again when that is requested, or by its restart policy."""
        spec, failures = self.spec, 0
        # success is an end where somebody waits for it, or where nothing else could tell health
        is_one_shot = self.is_awaited or spec.healthcheck == DEFAULT_HEALTHCHECK
        while True:
            self.restart_requested.clear()
            code = await self._run_once()
            if self.restart_requested.is_set():
                continue
            failures = 1 if self.health == "healthy" else failures + 1
            done = code == 0 and is_one_shot and not spec.restarts_after_success
            self._set(
                state="exited", pid=None, exit_code=code, health="none" if done else "unhealthy"
            )
            delay, hint = None, f"kill -USR1 {os.getpid()} starts it again"
            # whoever sends it the stop signal wants it to stay down
            stopped = code in (0, 128 + spec.stop_signal) and not spec.restarts_after_success
            if not done and not stopped and failures <= spec.max_restarts:
                delay = min(2 ** (failures - 1), MAX_RESTART_DELAY_SECONDS)
                hint = f"restarting in {delay} s"
            if spec.watched:
                hint = f"the next edit starts it again; {hint}"
            if done:
                self.completed.set()
            # one that was never healthy ends dev.sh
            was_healthy = self.healthy.is_set() and not done
            self.say(f"{spec.name} exited with code {code}{f'; {hint}' if was_healthy else ''}")
            with suppress(TimeoutError):
                await asyncio.wait_for(self.restart_requested.wait(), delay)

    def _set(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self, name, value)
        self.changed()

    async def _run_once(self) -> int:
        spec, stop = self.spec, (self.spec.stop_signal, self.spec.stop_grace_seconds)
        with self._log.open("ab") as log:
            async with _running(spec, spec.command, log, *stop) as process:
                self.started.set()
                self._set(
                    state="running",
                    pid=process.pid,
                    exit_code=None,
                    health="starting",
                    health_log=[],
                )
                work = (process.wait(), self.restart_requested.wait(), self._check_health())
                tasks = [asyncio.ensure_future(each) for each in work]
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
        code = process.returncode or 0
        return code if code >= 0 else 128 - code

    async def _check_health(self) -> None:
        """Follow its health by Docker's rules, until cancelled."""
        check, began, failures = self.spec.healthcheck, monotonic(), 0
        explained = began
        while True:
            before = self.health
            early = before == "starting" and monotonic() - began < check.start_period_seconds
            await asyncio.sleep(check.start_interval_seconds if early else check.interval_seconds)
            try:
                async with _running(self.spec, check.test, PIPE, signal.SIGKILL, 1) as process:
                    ended = process.communicate()
                    output, _ = await asyncio.wait_for(ended, check.timeout_seconds)
                code = process.returncode
                words = output[-MAX_CHECK_OUTPUT_BYTES:].decode(errors="replace").strip()
            except TimeoutError:
                code, words = -1, f"no answer in {check.timeout_seconds:g} s"
            failures = 0 if code == 0 else failures + (not early)
            health = (
                "healthy" if code == 0 else "unhealthy" if failures >= check.retries else before
            )
            if early and code and words and monotonic() - explained > REASON_SECONDS:
                explained = monotonic()
                with self._log.open("a") as log_file:
                    print(f"not healthy yet: {words.splitlines()[-1]}", file=log_file)
            log = [*self.health_log[-4:], {"exit": code, "output": words}]
            self._set(health=health, health_log=log)
            if health != before and check != DEFAULT_HEALTHCHECK:
                reason = f": {words.splitlines()[-1]}" if words and code else ""
                self.say(f"{self.spec.name} is {health}{reason}")
            if health == "healthy":
                self.healthy.set()


@asynccontextmanager
async def _running(
    spec: ProcessSpec,
    command: Sequence[str],
    output: IO[bytes] | int,
    stop_signal: signal.Signals,
    grace_seconds: float,
) -> AsyncIterator[Process]:
    """Run a command as the leader of its own process group, which ends with the block."""
    spec.cwd.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        "env",  # looks on the service's PATH, and exits with 127 when there is no such program
        *command,
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
