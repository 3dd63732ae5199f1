"""The stack as containers."""

import secrets
import shlex
import signal
import subprocess
from typing import Any

from acceptance.drivers.shell import Env, Result, run_command, start_process
from acceptance.drivers.stack import Stack
from acceptance.support.reaper import PROJECT_LABEL, remove_project
from acceptance.support.session import Session
from acceptance.support.waiting import PATIENCE_SECONDS, wait_until

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

    def containers(self) -> dict[str, Any]:
        """Return the containers by service, as python_on_whales.Container."""
        own = docker().container.list(
            all=True, filters=[("label", f"{PROJECT_LABEL}={self.project}")]
        )
        found = docker().container.inspect([each.id for each in own]) if own else []
        return {container.config.labels[SERVICE_LABEL]: container for container in found}

    def _compose(self, *arguments: str, env: Env | None = None) -> Result:
        Session.current().register(f"project-{self.project}")
        command = ["docker", "compose", "-p", self.project, *arguments]
        return run_command(command, self.workspace.path, env=env)

    def start(self, *services: str, wait: bool = True) -> None:
        options = ["--build", "--detach", *["--no-deps"] * bool(services)]
        options += ["--wait", "--wait-timeout", str(PATIENCE_SECONDS)] * wait
        env = None if self.settings else self.ports
        started = self._compose("up", *options, *services, env=env)
        if started.exit_code != 0:
            cause = started.output.strip().rpartition("\n")[2]
            raise self.failure(f"{START}: {cause}", started.output)

    def run_in_background(self, command: str) -> subprocess.Popen[str]:
        """Run a compose command that stays, and return when all services are healthy."""
        Session.current().register(f"project-{self.project}")
        env = self.ports | {"COMPOSE_PROJECT_NAME": self.project}
        process = start_process(shlex.split(command), self.workspace.path, env, self._log)
        words = "atch enabled" if command == WATCH else ""

        def is_up() -> bool:
            return words in self._log.read_text() and self.is_healthy()

        wait_until(is_up, command, is_alive=lambda: process.poll() is None)
        return process

    def run_typed(self, commands: list[str]) -> list[Result]:
        """Run commands in order; START stays in the background until the stack is taken down."""
        results: list[Result] = []
        started = None
        for command in commands:
            if command == START:
                started = self.run_in_background(command)
            else:
                typed = command.replace(API_ADDRESS, f"localhost:{self.port('api')}")
                env = self.ports | {"COMPOSE_PROJECT_NAME": self.project}
                result = run_command(typed, self.workspace.path, env=env)
                results.append(result._replace(command=command))
        assert started, f"{START!r} is missing"
        return [*results, Result(START, started.wait(timeout=60), self._log.read_text())]

    def down(self, *options: str) -> None:
        self._compose("down", *options).checked()

    def remove(self) -> None:
        assert remove_project(self.project), engine_inventory(self.project)
        Session.current().unregister(f"project-{self.project}")

    def health(self, *services: str) -> dict[str, str]:
        states = {name: each.state for name, each in self.containers().items() if name in services}
        return {
            name: str(state.health.status if state.running and state.health else state.status)
            for name, state in states.items()
        }

    def check_output(self, service: str) -> str:
        health = self.containers()[service].state.health
        return str(health.log[-1].output) if health and health.log else ""

    def stop_service(self, service: str) -> int:
        self.containers()[service].stop()
        return self.containers()[service].state.exit_code

    def start_services(self, *services: str) -> None:
        for service in services:
            self.containers()[service].start()  # not its dependencies, as compose would

    def send_signal(self, service: str, number: signal.Signals) -> None:
        container = self.containers()[service]
        pid = container.state.pid
        # from outside: after `docker kill` with any signal, no restart policy applies, and a
        # container under `docker pause` runs no healthcheck
        listed = run_command(["docker", "top", container.name, "-o", "pid"], self.workspace.path)
        kill = ["-c", f"kill -{number:d} {' '.join(listed.checked().output.split()[1:])} || true"]
        options = {"remove": True, "pid": "host", "networks": ["none"], "entrypoint": "sh"}
        name = f"{self.project}-{number.name.lower()}-{secrets.token_hex(3)}"
        docker().run(container.config.image, kill, name=name, **options)
        if number == signal.SIGKILL:
            wait_until(lambda: self.containers()[service].state.pid != pid, f"{service} ends")

    def execute(self, service: str, command: list[str], stdin: str = "") -> Result:
        words = ["docker", "exec", "--interactive", f"{self.project}-{service}-1", *command]
        return run_command(words, self.workspace.path, stdin=stdin)

    def logs(self, service: str) -> str:
        return str(self.containers()[service].logs())

    def log_timestamps(self, service: str, words: str) -> list[str]:
        lines = str(self.containers()[service].logs(timestamps=True)).splitlines()
        return [line.partition(" ")[0] for line in lines if words in line]
