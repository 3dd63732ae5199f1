"""The stack as containers."""

import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

from acceptance.drivers.shell import Env, Result, run_command, start_process
from acceptance.drivers.stack import Stack
from acceptance.support.reaper import PROJECT_LABEL, remove_project
from acceptance.support.session import Session
from acceptance.support.waiting import wait_until

START = "docker compose up --build"
WATCH = f"{START} --watch"
API_ADDRESS = "localhost:8000"
SERVICE_LABEL = "com.docker.compose.service"
INVENTORY = {  # kind -> format of a line; every name begins with the project's
    "container": "--all --format 'container {{.Names}} {{.ID}}'",
    "network": "--format 'network {{.Name}} {{.ID}}'",
    "volume": "--format 'volume {{.Name}}'",
    "image": "--format 'image {{.Repository}} {{.ID}}'",
}


def docker() -> Any:
    """Return the client of python_on_whales, which is slow to import."""
    from python_on_whales import docker

    return docker


def engine_inventory(name: str) -> list[str]:
    """Return a line with kind, name and identity for all whose name contains `name`."""
    # not by python_on_whales: it inspects each container, which another run may just have removed
    commands = [["docker", kind, "ls", *shlex.split(INVENTORY[kind])] for kind in INVENTORY]
    lists = [subprocess.check_output(command, text=True).splitlines() for command in commands]
    return sorted(line for lines in lists for line in lines if name in line)


class ComposeStack(Stack):
    """The stack as a compose project with a unique name."""

    runtime = "compose"

    @property
    def project(self) -> str:
        """The name of the compose project: that of the run and of the workspace."""
        return f"{Session.current().name}-{self.workspace.path.name}"

    @property
    def _log(self) -> Path:
        return self.workspace.path.with_suffix(".log")  # of a start in the background

    def container(self, service: str) -> Any:
        """Return the container of a service, as a python_on_whales.Container."""
        return docker().container.inspect(f"{self.project}-{service}-1")

    def _containers(self) -> list[Any]:
        labelled = [("label", f"{PROJECT_LABEL}={self.project}")]
        return docker().container.list(all=True, filters=labelled)

    def _compose(self, *arguments: str, env: Env | None = None) -> Result:
        Session.current().register_project(self.project)
        command = ["docker", "compose", "-p", self.project, *arguments]
        return run_command(command, self.workspace.path, env=env)

    def start(self, *services: str, wait: bool = True) -> None:
        options = ["--build", "--detach", *["--wait"] * wait, *["--no-deps"] * bool(services)]
        started = self._compose("up", *options, *services, env=self.variables())
        if started.exit_code != 0:
            output = started.output.strip().splitlines()
            causes = []
            for text in self.diagnostics().values():
                state, *log = text.splitlines()
                if state.endswith((": exited", ": restarting", ": unhealthy")):
                    causes += [state, *log[-4:]]
            raise AssertionError("\n".join([f"{START}: {output[-1]}", *(causes or output)]))

    def start_watching(self) -> None:
        """Start all services with WATCH, which stays in the background."""
        Session.current().register_project(self.project)
        env = self.variables() | {"COMPOSE_PROJECT_NAME": self.project}
        process = start_process(shlex.split(WATCH), self.workspace.path, env, self._log)
        wait_until(lambda: "atch enabled" in self._log.read_text(), 60, WATCH, process)
        count = len(self.services())
        wait_until(lambda: self._count_healthy() == count, 60, WATCH, process)

    def _count_healthy(self) -> int:
        states = [container.state.health for container in self._containers()]
        return sum(1 for health in states if health and health.status == "healthy")

    def run_typed(self, commands: list[str]) -> list[Result]:
        """Run commands in order; START stays in the background until the stack is taken down."""
        Session.current().register_project(self.project)
        env = self.ports | {"COMPOSE_PROJECT_NAME": self.project}
        folder, count = self.workspace.path, len(self.services())
        results: list[Result] = []
        started = None
        for command in commands:
            if command == START:
                started = start_process(shlex.split(command), folder, env, self._log)
                wait_until(lambda: self._count_healthy() == count, 120, START, started)
            else:
                typed = command.replace(API_ADDRESS, f"localhost:{self.port('api')}")
                results.append(run_command(typed, folder, env=env)._replace(command=command))
        assert started, f"{START!r} is missing"
        return [*results, Result(START, started.wait(timeout=30), self._log.read_text())]

    def down(self, *options: str) -> None:
        self._compose("down", *options).checked()

    def remove(self) -> None:
        assert remove_project(self.project), self.leftovers()
        Session.current().unregister_project(self.project)

    def leftovers(self) -> list[str]:
        """Return what the engine holds of the stack."""
        return engine_inventory(self.project)

    def listening_on(self, service: str) -> set[str]:
        bindings = self.container(service).network_settings.ports.values()
        return {each["HostIp"] for listed in bindings for each in listed or []}

    def health(self, service: str) -> str:
        state = self.container(service).state
        return str(state.health.status if state.running and state.health else state.status)

    def stop_service(self, service: str) -> int:
        container = self.container(service)
        container.stop()
        container.reload()
        return container.state.exit_code

    def start_service(self, service: str) -> None:
        self.container(service).start()  # not its dependencies, as compose would

    def send_signal(self, service: str, number: signal.Signals) -> None:
        container = self.container(service)
        pid = container.state.pid
        if number == signal.SIGKILL:
            # `docker kill` counts as a stop, after which no restart policy applies
            options = {"remove": True, "pid": "host", "networks": ["none"], "entrypoint": "sh"}
            kill, name = ["-c", f"kill -9 {pid}"], f"{self.project}-kill-{pid}"
            docker().run(container.config.image, kill, name=name, **options)
            wait_until(lambda: self.container(service).state.pid != pid, 10, f"{service} ends")
        else:
            # a container under `docker pause` runs no healthcheck. Its first process gets signals
            # only from outside, the others (below init) only from inside
            container.kill(signal=number.name)
            self.execute(service, ["sh", "-c", f"kill -{number:d} -1"])

    def execute(
        self, service: str, command: list[str], timeout: float = 60, stdin: str = ""
    ) -> Result:
        words = ["docker", "exec", "--interactive", f"{self.project}-{service}-1", *command]
        options = {"timeout": timeout, "stdin": stdin, "stdout_only": True}
        return run_command(words, self.workspace.path, **options)

    def logs(self, service: str) -> str:
        return str(self.container(service).logs())

    def log_timestamps(self, service: str, words: str) -> list[str]:
        lines = str(self.container(service).logs(timestamps=True)).splitlines()
        return [line.partition(" ")[0] for line in lines if words in line]

    def diagnostics(self) -> dict[str, str]:
        pieces = {START: self._log.read_text()} if self._log.exists() else {}
        for container in self._containers():
            service, health = container.config.labels[SERVICE_LABEL], container.state.health
            pieces[service] = f"{service}: {self.health(service)}\n{container.logs()}"
            if health and health.status == "unhealthy":  # otherwise its checks failed at the start
                checks = [f"exit {each.exit_code}: {each.output.strip()}" for each in health.log]
                pieces[service] += "\n" + "\n".join(checks[-3:])
        return pieces
