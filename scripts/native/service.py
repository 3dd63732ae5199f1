"""One process, run as Docker runs a container: healthcheck, restarts, stop."""

import asyncio
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
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
    restart_requested: asyncio.Event = field(default_factory=asyncio.Event)

    def last_error_line(self) -> str:
        """Return the last line of its failing healthcheck, or the last error of its log."""
        if self.pid and self.check_output:
            return self.check_output.splitlines()[-1]
        lines = self._log.read_text(errors="replace").strip().splitlines() or ["no output"]
        return next(
            (line for line in lines[::-1] if re.search("FATAL|ERROR|Error", line)), lines[-1]
        )

    @property
    def _log(self) -> Path:
        return LOGS_DIR / f"{self.spec.name}.log"

    def _set(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self, name, value)
        if self.health == "healthy":
            self.healthy.set()
        self.changed()

    async def supervise(self) -> None:
        """Run the service until cancelled, with restarts."""
        spec, failures = self.spec, 0
        while True:
            self.restart_requested.clear()
            code = await self._run_once()
            if self.restart_requested.is_set():
                continue
            failures = 1 if self.health == "healthy" else failures + 1
            done = code == 0 and not spec.healthcheck
            started = spec.healthcheck and self.healthy.is_set()
            health = "none" if done or started else "unhealthy"  # which ends the start of dev.sh
            self._set(pid=None, exit_code=code, health=health)
            stopped = code in (0, 128 + spec.stop_signal)  # on purpose
            delay = min(2 ** (failures - 1), MAX_RESTART_DELAY_SECONDS)
            delay = None if stopped or spec.restart == "no" else delay
            hint = f", restarting in {delay} s" if delay else ""
            self.say(f"{spec.name} exited with code {code}{hint}")
            if done:
                self.completed.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.restart_requested.wait(), delay)

    async def _run_once(self) -> int:
        with self._log.open("ab") as log:
            process = await self._start(self.spec.command, log)
        check = self.spec.healthcheck
        health = "starting" if check else "healthy"
        self._set(pid=process.pid, exit_code=None, health=health)
        tasks = [asyncio.ensure_future(process.wait())]
        tasks += [asyncio.ensure_future(self.restart_requested.wait())]
        tasks += [asyncio.ensure_future(self._check_health(check))] if check else []
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await _stop(process, self.spec.stop_signal, self.spec.stop_grace_period)
        code = process.returncode or 0
        return code if code >= 0 else 128 - code

    async def _check_health(self, check: Healthcheck) -> None:
        """Follow its health by Docker's rules, until cancelled."""
        began = reported = monotonic()
        failures = 0
        while True:
            before = self.health
            early = before == "starting" and monotonic() - began < check.start_period
            await asyncio.sleep(check.start_interval if early else check.interval)
            code, output = await self._run_check(check)
            failures = 0 if code == 0 else failures + (not early)
            failed = "unhealthy" if failures >= check.retries else before
            self._set(health=failed if code else "healthy", check_output=output)
            reason = output.splitlines()[-1] if output else f"the healthcheck exits with {code}"
            if self.health != before:
                self.say(f"{self.spec.name} is {self.health}{f': {reason}' if code else ''}")
            elif self.health == "starting" and monotonic() - reported >= REPORT_SECONDS:
                reported = monotonic()
                with self._log.open("a") as log:
                    print(f"not healthy yet: {reason}", file=log)

    async def _run_check(self, check: Healthcheck) -> tuple[int, str]:
        process = await self._start(check.test, PIPE)
        try:
            output, _ = await asyncio.wait_for(process.communicate(), check.timeout)
            return process.returncode or 0, output.decode(errors="replace").strip()
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
        process.send_signal(number)  # to the main process only, as Docker does
        signal_group(process.pid, signal.SIGCONT)  # it may be frozen
        await asyncio.wait_for(process.wait(), grace_seconds)
    except (ProcessLookupError, TimeoutError):
        pass
    finally:  # also when Ctrl-C interrupts the wait
        signal_group(process.pid, signal.SIGKILL)
        await process.wait()
