"""The stack as plain processes, started by ./scripts/dev.sh or by the module that it runs."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import psutil
import pytest
from filelock import FileLock

from acceptance.drivers import http_client
from acceptance.drivers.shell import Env, Result, run_command, start_process
from acceptance.drivers.stack import Stack, free_ports, published_ports, services_of
from acceptance.drivers.workspace import Workspace
from acceptance.support.waiting import wait_until

START_SECONDS = 90
DEV_MODULE = ("env", "PYTHONPATH=scripts", sys.executable, "-m", "native")  # what dev.sh runs


def run_dev(workspace: Workspace, *arguments: str, env: Env | None = None) -> Result:
    """Run dev.sh's module until it ends by itself: for starts that are refused, or fail."""
    variables = free_ports(workspace) | dict(env or {})
    return run_command([*DEV_MODULE, *arguments], workspace.path, timeout=60, env=variables)


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
    _process: subprocess.Popen[str]

    def start(self, *services: str, wait: bool = True, script: bool = False) -> None:
        """Start as every stack does; `script` runs ./scripts/dev.sh itself, with the page."""
        folder, command = self.workspace.path, [*DEV_MODULE]
        if script:
            command = ["scripts/dev.sh"]
        elif services:
            command += ["--no-deps", *services]
        else:
            command += self.services()
        self._process = start_process(command, folder, self.variables(), self._log)

        def has_started() -> bool:
            state = self._state()
            return state["pid"] == self._process.pid and (state["ready"] or not wait)

        what = "./scripts/dev.sh starts everything"
        try:
            wait_until(has_started, START_SECONDS, what, self._process)
        except AssertionError as error:
            lines = self.output().splitlines()
            causes = [
                line for line in lines if re.search(r"^dev|Error|ERROR|FATAL|File .*/app/", line)
            ]
            raise AssertionError("\n".join([str(error), *(causes or lines)])) from None

    @property
    def _log(self) -> Path:
        return self.workspace.path.with_suffix(".log")

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
        specs = services_of(self.workspace)
        return [name for name in super().services() if specs[name].runner]

    def processes(self) -> list[psutil.Process]:
        """Return the orchestrator and all that it has started."""
        orchestrator = psutil.Process(self._process.pid)
        return [orchestrator, *orchestrator.children(recursive=True)]

    def signal_orchestrator(self, number: signal.Signals) -> None:
        """Send a signal; Ctrl-C, which is SIGINT, goes to the whole process group of a terminal."""
        if number == signal.SIGINT:
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)
        if number == signal.SIGKILL:
            self._process.wait(timeout=5)

    def exit_code(self) -> int:
        """Return the exit code of dev.sh, which has ended."""
        return self._process.wait(timeout=1)

    def address(self, service: str) -> str:
        """Return the address that dev.sh prints for a service. Raises ValueError without one."""
        [address] = re.findall(rf"^dev .* {service} +(http\S+)$", self.output(), re.MULTILINE)
        return address

    def down(self, *options: str) -> None:
        assert not options, "dev.sh has no such option"
        self._process.terminate()
        self._process.wait(timeout=15)

    def remove(self) -> None:
        self.down()

    def listening_on(self, service: str) -> set[str]:
        published = [p for p in published_ports(self.workspace) if p.service == service]
        ports = {int(self.ports[port.variable]) for port in published}
        # of its own processes, as macOS tells an ordinary user of no others
        sockets = []
        for process in psutil.Process(self._state()["pid"]).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a healthcheck ends
                sockets += process.net_connections("tcp")
        listening = [each.laddr for each in sockets if each.status == psutil.CONN_LISTEN]
        return {address[0] for address in listening if address[1] in ports}

    def health(self, service: str) -> str:
        status = self._service(service)
        return status["health"] if status["exit_code"] is None else "exited"

    def stop_service(self, service: str) -> int:
        number = services_of(self.workspace)[service].stop_signal
        os.kill(self._service(service)["pid"], number)  # to the first process only, as Docker does
        wait_until(lambda: self._service(service)["exit_code"] is not None, 15, f"{service} ends")
        return self._service(service)["exit_code"]

    def start_service(self, service: str) -> None:
        services = self._state()["services"].items()
        running = [name for name, status in services if status["exit_code"] is None]
        self.down()
        self.start(*running, service, wait=False)

    def send_signal(self, service: str, number: signal.Signals) -> None:
        pid = self._service(service)["pid"]
        os.killpg(pid, number)
        if number == signal.SIGKILL:
            wait_until(lambda: self._service(service)["pid"] != pid, 10, f"{service} ends")

    def execute(
        self, service: str, command: list[str], timeout: float = 60, stdin: str = ""
    ) -> Result:
        variables = psutil.Process(self._service(service)["pid"]).environ()
        folder = self.workspace.path / "backend"
        return run_command(command, folder, timeout=timeout, env=variables, stdin=stdin)

    def logs(self, service: str) -> str:
        return (self.workspace.path / f".dev/logs/{service}.log").read_text(errors="replace")

    def log_timestamps(self, service: str, words: str) -> list[int]:
        lines = enumerate(self.output().splitlines())
        return [n for n, line in lines if line.partition(" ")[0] == service and words in line]

    def diagnostics(self) -> dict[str, str]:
        pieces = {"dev.sh": self.output()}
        for name, status in self._state()["services"].items():
            state = f"{name}: {status['health']}, exit code {status['exit_code']}"
            pieces[name] = "\n".join([state, self.logs(name), status["check_output"]])
        return pieces
