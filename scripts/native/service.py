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
# a service without a healthcheck is healthy as soon as it runs
DEFAULT_HEALTHCHECK = Healthcheck.model_validate(
    {"test": ["CMD", "true"], "start_period": "1s", "start_interval": "100ms"}
)


@dataclass
class Service:
    """A service and its state; `changed` is called after each change, `say` prints a line."""

    spec: ServiceSpec
    say: Callable[[str], None]
    changed: Callable[[], None]
    is_one_shot: bool  # success is its end
    state: str = "waiting"  # running, exited
    pid: int | None = None
    exit_code: int | None = None  # 128 + N after signal N
    health: str = "none"  # starting, healthy, unhealthy
    check_output: str = ""
    healthy: asyncio.Event = field(default_factory=asyncio.Event)  # at least once
    completed: asyncio.Event = field(default_factory=asyncio.Event)  # a one-shot has succeeded
    restart_requested: asyncio.Event = field(default_factory=asyncio.Event)

    def status(self) -> dict[str, object]:
        """Return its entry in state.json."""
        names = ("pid", "state", "exit_code", "health", "check_output")
        ports = {port.target: port.published for port in self.spec.ports}
        return {name: getattr(self, name) for name in names} | {"ports": ports}

    def last_error_line(self) -> str:
        """Return the last line of its failing healthcheck, or the last error of its log."""
        if self.state == "running" and self.check_output:
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
            done = code == 0 and self.is_one_shot
            health = "none" if done or self.healthy.is_set() else "unhealthy"  # that ends dev.sh
            self._set(state="exited", pid=None, exit_code=code, health=health)
            delay, hint = None, ""
            stopped = code in (0, 128 + self.spec.stop_signal)  # on purpose
            if spec.restart != "no" and not stopped:
                delay = min(2 ** (failures - 1), MAX_RESTART_DELAY_SECONDS)
                hint = f", restarting in {delay} s" + " or after an edit" * bool(spec.develop)
            self.say(f"{spec.name} exited with code {code}{hint}")
            if done:
                self.completed.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.restart_requested.wait(), delay)

    async def _run_once(self) -> int:
        with self._log.open("ab") as log:
            process = await self._start(self.spec.command, log)
        self._set(state="running", pid=process.pid, exit_code=None, health="starting")
        work = (process.wait(), self.restart_requested.wait(), self._check_health())
        tasks = [asyncio.ensure_future(each) for each in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await _stop(process, self.spec.stop_signal, self.spec.stop_grace_period)
        code = process.returncode or 0
        return code if code >= 0 else 128 - code

    async def _check_health(self) -> None:
        """Follow its health by Docker's rules, until cancelled."""
        check = self.spec.healthcheck or DEFAULT_HEALTHCHECK
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
            if self.health == "healthy":
                self.healthy.set()
            if self.health != before and self.spec.healthcheck:
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
