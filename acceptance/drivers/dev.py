"""./scripts/dev.sh as a developer runs it, in a terminal of its own."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

import psutil
import pytest
from filelock import FileLock

from acceptance.drivers import http
from acceptance.drivers.commands import Result, environment, run
from acceptance.drivers.stack import free_ports, port_variables
from acceptance.drivers.tree import Tree
from acceptance.support.reaper import is_alive
from acceptance.support.run import Run
from acceptance.support.waiting import wait_until


@contextmanager
def only_user_of(port: int) -> Iterator[None]:
    """Keep other runs of the suite off a port that cannot be moved.

    Not verified here, rather than failed, when somebody else listens there.
    """
    with FileLock(Path(gettempdir(), f"ia-crm-port-{port}.lock")):
        if http.is_listening(port):
            pytest.skip(f"port {port} is taken: stop what listens there")
        yield


def run_in(tree: Tree, *options: str, **variables: str) -> Result:
    """Run the script in a tree until it ends by itself: for starts that must be refused."""
    return run([str(tree.path / "scripts/dev.sh"), *options], tree.path, 60, **variables)


class DevScript:
    """A running ./scripts/dev.sh, which has got beyond setting itself up, or has ended."""

    def __init__(self, tree: Tree):
        self.tree = tree
        self._log = tree.path.parent / "dev-sh.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [str(tree.path / "scripts/dev.sh")],
                cwd="/",
                env=environment() | port_variables(free_ports()),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        Run.current().join(self._process.pid)
        wait_until(
            lambda: "| starting" in self.output() or not self.is_running(), 60, "dev.sh starts"
        )

    def output(self) -> str:
        """What it has written so far."""
        return self._log.read_text()

    def address(self, service: str) -> str:
        """The address that it says for a service. Raises ValueError when it does not say one."""
        [address] = re.findall(rf"^dev .* {service} +(http\S+)$", self.output(), re.MULTILINE)
        return address

    def evidence(self) -> dict[str, str]:
        """What a person would look at when something is wrong."""
        return {"dev.sh": self.output()}

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def logs(self, service: str) -> str:
        """What a service has written."""
        return self.tree.read(f".dev/logs/{service}.log")

    def start_exited(self) -> None:
        """Send the signal that `dev.sh --help` names for that, to the process that was started."""
        os.kill(self._process.pid, signal.SIGUSR1)

    def interrupt(self) -> None:
        """Press Ctrl-C, which a terminal sends to all of its processes."""
        self._started = psutil.Process(self._process.pid).children(recursive=True)
        os.killpg(self._process.pid, signal.SIGINT)

    def exit_code(self) -> int:
        """Its exit code, after it has ended."""
        return self._process.wait(timeout=1)

    def left(self) -> list[psutil.Process]:
        """What still runs of the processes that it had started when Ctrl-C was pressed."""
        return list(filter(is_alive, self._started))

    def end(self) -> None:
        """Stop it, in whatever state it is."""
        self._process.terminate()
        wait_until(lambda: not self.is_running(), 10, "dev.sh ends")
