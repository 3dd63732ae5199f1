"""One process, run as Docker runs a container: healthcheck, restarts, stop."""

import asyncio
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import IO

from native import LOGS_DIR
from native.compose_file import Healthcheck, ServiceSpec
from native.reaper import signal_group

MAX_RESTART_DELAY_SECONDS = 60  # Docker's
REPORT_SECONDS = 10  # between two reports of a service that is not healthy yet


@dataclass
class Service:
    """A service and its state; `changed` is called after each change, `say` prints a line."""

    spec: ServiceSpec
    say: Callable[[str], None]
    changed: Callable[[], None]
    pid: int | None = None  # while it runs
    exit_code: int | None = None  # after it has run; 128 + N after signal N
    health: str = "none"  # starting, healthy, unhealthy
    check_output: str = ""
    healthy: asyncio.Event = field(default_factory=asyncio.Event)  # at least once
    completed: asyncio.Event = field(default_factory=asyncio.Event)  # a one-shot has succeeded

    def __post_init__(self) -> None:
        self._log = LOGS_DIR / f"{self.spec.name}.log"

    def last_error_line(self) -> str:
        """Return the last error, or else the last line, of its healthcheck or its log."""
        text = self.check_output if self.pid else self._log.read_text(errors="replace").strip()
        lines = text.splitlines() or ["no output"]
        return ([line for line in lines if re.search("FATAL|ERROR|Error", line)] or lines)[-1]

    async def supervise(self) -> None:
        """Run the service until it is stopped, with restarts. Stop it when cancelled."""
        name, failures = self.spec.name, 0
        while True:
            code = await self._run_once()
            failures = 1 if self.health == "healthy" else failures + 1
            is_done = code == 0 and not self.spec.healthcheck
            if is_done:
                self.completed.set()
            was_started = self.spec.healthcheck and self.healthy.is_set()
            self.pid, self.exit_code = None, code
            # "unhealthy" ends the start of dev.sh
            self._set_health("none" if is_done or was_started else "unhealthy")
            if self.spec.restart == "no" or code in (0, 128 + self.spec.stop_signal):
                return self.say(f"{name} exited with code {code}")
            delay = min(2 ** (failures - 1), MAX_RESTART_DELAY_SECONDS)
            self.say(f"{name} exited with code {code}, restarting in {delay} s")
            await asyncio.sleep(delay)

    async def _run_once(self) -> int:
        with self._log.open("ab") as log:
            process = await self._start(self.spec.command, log)
        self.pid, self.exit_code = process.pid, None
        self._set_health("starting" if self.spec.healthcheck else "healthy")
        checking = asyncio.create_task(self._check_health())
        try:
            code = await process.wait()
        finally:
            checking.cancel()
            await _stop(process, self.spec.stop_signal, self.spec.stop_grace_period)
        return code if code >= 0 else 128 - code

    def _set_health(self, health: str) -> None:
        self.health = health
        if health == "healthy":
            self.healthy.set()
        self.changed()

    async def _check_health(self) -> None:
        """Follow its health by Docker's rules, until cancelled."""
        if not (check := self.spec.healthcheck):
            return
        began = reported = monotonic()
        failures = 0
        while True:
            health = self.health
            early = health == "starting" and monotonic() - began < check.start_period
            await asyncio.sleep(check.start_interval if early else check.interval)
            code, self.check_output = await self._run_check(check)
            failures = 0 if code == 0 else failures + (not early)
            if code == 0:
                health = "healthy"
            elif failures >= check.retries:
                health = "unhealthy"
            reason = self.last_error_line()
            if health != self.health:
                self.say(f"{self.spec.name} is {health}{f': {reason}' if code else ''}")
            elif health == "starting" and monotonic() - reported >= REPORT_SECONDS:
                reported = monotonic()
                with self._log.open("a") as log:
                    print(f"not healthy yet: {reason}", file=log)
            self._set_health(health)

    async def _run_check(self, check: Healthcheck) -> tuple[int, str]:
        process = await self._start(check.test, PIPE)
        try:
            output, _ = await asyncio.wait_for(process.communicate(), check.timeout)
            code = process.returncode or 0
            return code, output.decode(errors="replace").strip() or f"exit code {code}"
        except TimeoutError:
            return -1, f"the healthcheck takes longer than {check.timeout:g} s"
        finally:
            await _stop(process, signal.SIGKILL, 1)

    async def _start(self, command: Sequence[str], output: IO[bytes] | int) -> Process:
        self.spec.cwd.mkdir(parents=True, exist_ok=True)
        return await asyncio.create_subprocess_exec(
            "env",  # looks on the service's PATH, and exits with 127 when it finds no such program
            *command,
            cwd=self.spec.cwd,
            env=self.spec.environment,
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,
        )


async def _stop(process: Process, number: signal.Signals, grace_seconds: float) -> None:
    try:
        with suppress(ProcessLookupError, TimeoutError):
            process.send_signal(number)  # to the main process only, as Docker does
            signal_group(process.pid, signal.SIGCONT)  # it may be frozen
            await asyncio.wait_for(process.wait(), grace_seconds)
    finally:
        signal_group(process.pid, signal.SIGKILL)
        await process.wait()
