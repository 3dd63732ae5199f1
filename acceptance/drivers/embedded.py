"""The stack as plain processes, run by the orchestrator that ./scripts/dev.sh starts."""

import json
import os
import signal
import subprocess
import sys

import psutil

from acceptance.drivers.commands import Result, environment, run
from acceptance.drivers.stack import SERVICES, Stack, port_variables
from acceptance.drivers.tree import Tree
from acceptance.support.reaper import is_alive, processes_in
from acceptance.support.run import ROOT, Run
from acceptance.support.waiting import wait_until

DEFAULT_PORTS = """
import json
from embedded import compose_file
print(json.dumps({name: [*service.ports.values()] for name, service in compose_file.load().items() if service.ports}))
"""


def try_to_start(
    tree: Tree, ports: dict[str, int], *services: str, options: tuple[str, ...] = ()
) -> Result:
    """Run the orchestrator of a tree until it ends by itself: for starts that must be refused, or fail."""
    return run(
        [sys.executable, "-m", "embedded", *options, *(services or SERVICES)],
        tree.path,
        60,
        PYTHONPATH=str(tree.path / "scripts"),
        **port_variables(ports),
    )


def is_allocated(shared_memory: str) -> bool:
    """Whether the system holds shared memory of this number."""
    return shared_memory in run(["ipcs", "-m"], ROOT).output.split()


class EmbeddedStack(Stack):
    """The stack under the orchestrator; its state is a file in the tree, so any process can look."""

    name = "embedded"

    @property
    def _python_path(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.tree.path / "scripts")}

    def start(self, *services: str, wait: bool = True, options: tuple[str, ...] = ()) -> None:
        self.write_settings()
        log = (self.tree.path / "dev.log").open("w+")
        process = subprocess.Popen(
            [sys.executable, "-m", "embedded", *options, *(services or SERVICES)],
            cwd=self.tree.path,
            start_new_session=True,
            env=environment() | self.variables() | self._python_path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        Run.current().join(process.pid)
        try:
            wait_until(
                lambda: (
                    self._state()["pid"] == process.pid and (self._state()["ready"] or not wait)
                ),
                90,
                "./scripts/dev.sh starts everything",
                lambda: process.poll() is None,
            )
        except AssertionError as error:
            log.seek(0)
            said = log.read().splitlines()
            culprit = [
                line
                for line in said
                if "ERROR" in line or line.startswith("dev.sh") or "exited" in line
            ]
            raise AssertionError("\n".join([str(error), *culprit, *said[-12:]])) from None

    def _state(self) -> dict:
        try:
            return json.loads((self.tree.path / ".dev/state.json").read_text())
        except FileNotFoundError:  # not yet, or not any more
            return {"pid": None, "ready": False, "services": {}}

    def _service(self, service: str) -> dict:
        return self._state()["services"][service]

    def _signal(self, service: str, number: signal.Signals) -> None:
        os.killpg(self._service(service)["pid"], number)

    def kill(self) -> None:
        """Kill the orchestrator alone, without a chance to stop the services."""
        orchestrator = psutil.Process(self._state()["pid"])
        orchestrator.kill()
        wait_until(lambda: not is_alive(orchestrator), 5, "it dies")

    def processes(self) -> list[str]:
        """The processes that were started from this tree, or work in it."""
        return list(processes_in(str(self.tree.path)).values())

    def shared_memory(self) -> str:
        """The number of the shared memory by which Postgres locks its data; checked to be there."""
        number = self.tree.read(".dev/data/postgres/postmaster.pid").splitlines()[6].split()[1]
        assert is_allocated(number), f"the system does not know the shared memory {number}"
        return number

    def down(self) -> None:
        orchestrator = psutil.Process(self._state()["pid"])
        orchestrator.terminate()
        orchestrator.wait(timeout=10)

    def remove(self) -> None:
        if self._state()["pid"]:
            self.down()

    def default_ports(self) -> dict[str, int]:
        result = run([sys.executable, "-c", DEFAULT_PORTS], self.tree.path, **self._python_path)
        assert result.exit_code == 0, result
        return {name: port for name, [port] in json.loads(result.output).items()}

    def listening_on(self, service: str) -> set[str]:
        listening = [
            each.laddr
            for each in psutil.net_connections("tcp")
            if each.status == psutil.CONN_LISTEN
        ]
        return {address.ip for address in listening if address.port == self.ports[service]}

    def health(self, service: str) -> str:
        facts = self._service(service)
        return facts["health"] if facts["state"] == "running" else facts["state"]

    def stop_service(self, service: str) -> int:
        # the signal with which the images of compose are stopped
        self._signal(service, signal.SIGINT if service == "postgres" else signal.SIGTERM)
        wait_until(lambda: self._service(service)["state"] == "exited", 15, f"{service} ends")
        return self._service(service)["exit_code"]

    def start_service(self, service: str) -> None:
        os.kill(self._state()["pid"], signal.SIGUSR1)

    def freeze(self, service: str) -> None:
        self._signal(service, signal.SIGSTOP)

    def thaw(self, service: str) -> None:
        self._signal(service, signal.SIGCONT)

    def crash(self, service: str) -> None:
        self._signal(service, signal.SIGKILL)

    def run_python(
        self, service: str, code: str, without: tuple[str, ...] = (), timeout: float = 60
    ) -> Result:
        variables = psutil.Process(self._service(service)["pid"]).environ()
        kept = {name: value for name, value in variables.items() if name not in without}
        return run([sys.executable, "-c", code], self.tree.path / "backend", timeout, **kept)

    def logs(self, service: str) -> str:
        return (self.tree.path / f".dev/logs/{service}.log").read_text(errors="replace")

    def moments(self, service: str, words: str) -> list[int]:
        written = enumerate((self.tree.path / "dev.log").read_text(errors="replace").splitlines())
        return [
            number
            for number, line in written
            if line.partition(" ")[0] == service and words in line
        ]

    def evidence(self) -> dict[str, str]:
        pieces = {"dev.sh": (self.tree.path / "dev.log").read_text()}
        for name, facts in self._state()["services"].items():
            checks = [
                f"exit {check['exit']}: {check['output'].strip()}" for check in facts["health_log"]
            ]
            state = f"{name}: {facts['state']}, {facts['health']}"
            pieces[name] = "\n".join([state, *checks, *self.logs(name).splitlines()[-60:]])
        return pieces
