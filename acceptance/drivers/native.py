"""The stack as plain processes, started by ./scripts/dev.sh or by the module that it runs."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import psutil
import pytest
from filelock import FileLock

from acceptance.drivers import http_client
from acceptance.drivers.shell import Env, Result, run_command, start_process
from acceptance.drivers.stack import Stack, free_ports, lasting_services, services_of
from acceptance.drivers.workspace import Workspace
from acceptance.support.reaper import is_alive
from acceptance.support.session import Session
from acceptance.support.waiting import wait_until, wait_while

DEV_MODULE = ("env", "PYTHONPATH=scripts", sys.executable, "-m", "native")  # what dev.sh runs


def run_dev(workspace: Workspace, *arguments: str, env: Env | None = None) -> Result:
    """Run dev.sh's module until it ends by itself: for starts that are refused, or fail."""
    variables = free_ports(workspace) | dict(env or {})
    return run_command([*DEV_MODULE, *arguments], workspace.path, env=variables)


@contextmanager
def only_user_of(port: int) -> Iterator[None]:
    """Keep other runs of the suite off a port that cannot be moved; skip when it is taken."""
    with FileLock(Path(gettempdir(), f"ia-crm-port-{port}.lock")):
        if http_client.is_listening(port):
            pytest.skip(f"port {port} is taken: stop what listens there")
        yield


class NativeStack(Stack):
    """The stack below one orchestrator; its state is a file, so any process can look."""

    runtime = "native"
    _process: subprocess.Popen[str] | None = None  # when this process has started it

    def start(self, *services: str, wait: bool = True, script: bool = False) -> None:
        """Start as every stack does; `script` runs ./scripts/dev.sh itself, with the page."""
        if self.is_running():
            self.down()
        command = ["scripts/dev.sh"] if script else [*DEV_MODULE]
        if not script:
            command += ["--no-deps", *services] if services else self.services()
        env = None if self.settings else self.ports
        self._process = start_process(command, self.workspace.path, env, self._log)
        self.pid = self._process.pid

        def has_started() -> bool:
            state = self._state()
            return state["pid"] == self.pid and (state["ready"] or not wait)

        try:
            wait_until(has_started, "starting everything", is_alive=self.is_running)
        except AssertionError as error:
            cause = self.output().strip().rpartition("\n")[2]
            raise self.failure(f"{cause}\n./scripts/dev.sh: {error}") from None

    def is_running(self) -> bool:
        """Return whether the orchestrator runs."""
        if self._process:
            return self._process.poll() is None
        return psutil.pid_exists(self.pid) and is_alive(psutil.Process(self.pid))

    def output(self) -> str:
        """Return what dev.sh has printed."""
        return self._log.read_text(errors="replace")

    def _state(self) -> dict[str, Any]:
        try:
            return json.loads(self.workspace.read(".dev/state.json"))
        except FileNotFoundError:  # not yet, or not any more
            return {"pid": None, "ready": False, "services": {}}

    def _service(self, service: str) -> dict[str, Any]:
        return self._state()["services"][service]

    def services(self) -> list[str]:
        return [name for name, spec in lasting_services(self.workspace).items() if spec.runner]

    def processes(self) -> list[psutil.Process]:
        """Return the orchestrator and all that it has started."""
        orchestrator = psutil.Process(self.pid)
        return [orchestrator, *orchestrator.children(recursive=True)]

    def signal_orchestrator(self, number: signal.Signals) -> None:
        """Send a signal; Ctrl-C, which is SIGINT, goes to the whole process group of a terminal."""
        if number == signal.SIGINT:
            os.killpg(self.pid, number)
        else:
            os.kill(self.pid, number)

    def exit_code(self) -> int:
        """Return the exit code of dev.sh, which this process has started, and which has ended."""
        assert self._process
        return self._process.wait(timeout=60)

    def address(self, service: str) -> str:
        """Return the address that dev.sh prints for a service. Raises ValueError without one."""
        [address] = re.findall(rf"^dev .* {service} +(http\S+)$", self.output(), re.MULTILINE)
        return address

    def down(self, *options: str) -> None:
        assert not options, "dev.sh has no such option"
        os.kill(self.pid, signal.SIGTERM)
        wait_while(self.is_running, "dev.sh ends")
        Session.current().unregister(f"process-{self.pid}")

    def remove(self) -> None:
        if self.is_running():
            self.down()

    def health(self, *services: str) -> dict[str, str]:
        states = self._state()["services"]
        return {
            name: states[name]["health"] if states[name]["exit_code"] is None else "exited"
            for name in services
            if name in states
        }

    def check_output(self, service: str) -> str:
        return self._service(service)["check_output"]

    def stop_service(self, service: str) -> int:
        number = services_of(self.workspace)[service].stop_signal
        os.kill(self._service(service)["pid"], number)  # to the first process only, as Docker does
        wait_until(lambda: self._service(service)["exit_code"] is not None, f"{service} ends")
        return self._service(service)["exit_code"]

    def start_services(self, *services: str) -> None:
        running = [n for n, state in self.health(*self.services()).items() if state != "exited"]
        self.start(*running, *services, wait=False)

    def send_signal(self, service: str, number: signal.Signals) -> None:
        pid = self._service(service)["pid"]
        os.killpg(pid, number)
        if number == signal.SIGKILL:
            wait_until(lambda: self._service(service)["pid"] != pid, f"{service} ends")

    def execute(self, service: str, command: list[str], stdin: str = "") -> Result:
        variables = psutil.Process(self._service(service)["pid"]).environ()
        return run_command(command, self.workspace.path / "backend", env=variables, stdin=stdin)

    def logs(self, service: str) -> str:
        return (self.workspace.path / f".dev/logs/{service}.log").read_text(errors="replace")

    def log_timestamps(self, service: str, words: str) -> list[int]:
        lines = enumerate(self.output().splitlines())
        return [n for n, line in lines if line.partition(" ")[0] == service and words in line]
