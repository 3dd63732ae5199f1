"""One process, run as Docker runs a container: healthcheck, restarts, stop."""

import os
import re
import shutil
import signal
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from time import monotonic
from typing import IO

from native.compose_file import Healthcheck, ServiceSpec
from native.reaper import signal_group

REPORT_SECONDS = 10  # between two reports of a service that is not healthy yet


@dataclass
class Service:
    """A service and its state; `say` prints a line."""

    spec: ServiceSpec
    log: Path
    say: Callable[[str], None]
    pid: int | None = None  # while it runs
    exit_code: int | None = None  # after it has run; 128 + N after signal N
    health: str = "none"  # starting, healthy, unhealthy, completed
    check_output: str = ""
    reached: set[str] = field(default_factory=set)  # conditions of services that depend on it
    interrupted: bool = False  # by an edit or a stop: its process is to end

    def last_error_line(self) -> str:
        """Return the last error, or else the last line, of its healthcheck or its log."""
        text = self.check_output if self.pid else self.log.read_text(errors="replace").strip()
        lines = text.splitlines() or ["no output"]
        return ([line for line in lines if re.search("FATAL|ERROR|Error", line)] or lines)[-1]

    def supervise(self) -> Generator[None]:
        """Run the service with restarts, a step at a time."""
        delay = 0.5
        while True:
            self.interrupted = False
            code = yield from self._run_once()
            self.pid = None
            if self.interrupted:
                yield
                continue
            delay = 1 if self.health == "healthy" else min(2 * delay, 60)  # as in Docker
            self.exit_code = code
            self.health = "none" if self.reached else "unhealthy"  # which ends the start of dev.sh
            if code == 0 and not self.spec.healthcheck:
                self.health = "completed"
                self.reached.add("service_completed_successfully")
            stays = self.spec.restart == "no" or code in (0, 128 + self.spec.stop_signal)
            hint = "" if stays else f", restarting in {delay:g} s"
            self.say(f"{self.spec.name} exited with code {code}{hint}")
            yield from _wait(float("inf") if stays else delay, lambda: self.interrupted)

    def _run_once(self) -> Generator[None, None, int]:
        # as /dev/shm of a container: a start must not find the files of the run before
        shutil.rmtree(tmp := self.spec.environment["TMPDIR"], ignore_errors=True)
        os.makedirs(tmp)
        with self.log.open("ab") as log:
            process = self._spawn(self.spec.command, log)
        self.pid, self.exit_code = process.pid, None
        self.health = "starting" if self.spec.healthcheck else "healthy"
        checking = self._check_health()
        while process.poll() is None and not self.interrupted:
            next(checking, None)
            yield
        checking.close()
        process.send_signal(self.spec.stop_signal)  # not to its group, as Docker does
        signal_group(process.pid, signal.SIGCONT)  # it may be frozen
        yield from _wait(self.spec.stop_grace_period, lambda: process.poll() is not None)
        signal_group(process.pid, signal.SIGKILL)
        code = process.wait()
        return code if code >= 0 else 128 - code

    def _check_health(self) -> Generator[None]:
        """Follow its health by Docker's rules."""
        if not (check := self.spec.healthcheck):
            return
        began = reported = monotonic()
        failures = 0
        while True:
            before = self.health
            is_early = before == "starting" and monotonic() - began < check.start_period
            yield from _wait(check.start_interval if is_early else check.interval)
            code, self.check_output = yield from self._run_check(check)
            failures = 0 if code == 0 else failures + (not is_early)
            if code == 0:
                self.health = "healthy"
                self.reached.add("service_healthy")
            elif failures >= check.retries:
                self.health = "unhealthy"
            reason = "" if code == 0 else f": {self.last_error_line()}"
            if self.health != before:
                self.say(f"{self.spec.name} is {self.health}{reason}")
            elif before == "starting" and monotonic() - reported >= REPORT_SECONDS:
                reported = monotonic()
                with self.log.open("a") as log:
                    print(f"not healthy yet{reason}", file=log)

    def _run_check(self, check: Healthcheck) -> Generator[None, None, tuple[int | None, str]]:
        process = self._spawn(check.test, PIPE)
        try:
            yield from _wait(check.timeout, lambda: process.poll() is not None)
            code = process.poll()
        finally:
            signal_group(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        if code is None:
            return None, f"the healthcheck takes longer than {check.timeout:g} s"
        return code, output.decode(errors="replace").strip() or f"exit code {code}"

    def _spawn(self, command: Sequence[str], output: IO[bytes] | int) -> Popen[bytes]:
        self.spec.cwd.mkdir(parents=True, exist_ok=True)
        return Popen(
            ["env", *command],  # looks on the service's PATH, exits with 127 when nothing is found
            cwd=self.spec.cwd,
            env=self.spec.environment,
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,
        )


def _wait(seconds: float, is_over: Callable[[], bool] = lambda: False) -> Generator[None]:
    deadline = monotonic() + seconds
    while monotonic() < deadline and not is_over():
        yield
