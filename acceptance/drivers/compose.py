"""The stack as containers."""

import json
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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
INVENTORY = {  # kind -> format of a line; every name begins with the project's
    "container": "{{.Names}} {{.ID}}",
    "network": "{{.Name}} {{.ID}}",
    "volume": "{{.Name}}",
    "image": "{{.Repository}} {{.ID}}",
}


def docker(*arguments: str, stderr: int = subprocess.PIPE) -> str:
    """Return the stdout of a docker command. Raises CalledProcessError when it fails."""
    command = ["docker", *arguments]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=stderr, text=True, check=True
    ).stdout


def engine_inventory(name: str) -> list[str]:
    """Return a line with kind, name and identity for all whose name contains `name`."""
    lines = []
    for kind, text in INVENTORY.items():
        options = ["--all"] if kind == "container" else []
        listed = docker(kind, "ls", *options, "--format", f"{kind} {text}").splitlines()
        lines += [line for line in listed if name in line]
    return sorted(lines)


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

    def _container(self, service: str) -> str:
        return f"{self.project}-{service}-1"

    def inspect(self, service: str) -> dict[str, Any]:
        """Return the engine's description of a service's container."""
        return json.loads(docker("container", "inspect", self._container(service)))[0]

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
        labelled = ["--filter", f"label={PROJECT_LABEL}={self.project}"]
        return docker("ps", *labelled, "--format", "{{.Status}}").count("(healthy)")

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
        bindings = self.inspect(service)["NetworkSettings"]["Ports"].values()
        return {each["HostIp"] for listed in bindings for each in listed or []}

    def health(self, service: str) -> str:
        state = self.inspect(service)["State"]
        health = state.get("Health")
        return str(health["Status"] if state["Running"] and health else state["Status"])

    def stop_service(self, service: str) -> int:
        docker("stop", self._container(service))
        return self.inspect(service)["State"]["ExitCode"]

    def start_service(self, service: str) -> None:
        docker("start", self._container(service))  # not its dependencies, as compose would

    def send_signal(self, service: str, number: signal.Signals) -> None:
        container = self.inspect(service)
        pid = container["State"]["Pid"]
        if number == signal.SIGKILL:
            # `docker kill` counts as a stop, after which no restart policy applies
            options = ["--rm", "--pid", "host", "--network", "none", "--entrypoint", "sh"]
            name = f"{self.project}-kill-{pid}"
            kill = [container["Config"]["Image"], "-c", f"kill -9 {pid}"]
            docker("run", *options, "--name", name, *kill)
            wait_until(lambda: self.inspect(service)["State"]["Pid"] != pid, 10, f"{service} ends")
        else:
            # a container under `docker pause` runs no healthcheck. Its first process gets signals
            # only from outside, the others (below init) only from inside
            docker("kill", "--signal", number.name, self._container(service))
            self.execute(service, ["sh", "-c", f"kill -{number:d} -1"])

    @contextmanager
    def cut_off(self, service: str) -> Iterator[None]:
        """Disconnect a service from the stack's network."""
        network, container = f"{self.project}_default", self._container(service)
        docker("network", "disconnect", network, container)
        yield
        docker("network", "connect", "--alias", service, network, container)

    def scale(self, service: str, count: int) -> None:
        """Run several containers of a service; all methods use the first."""
        options = ("--detach", "--wait", "--no-deps", "--scale", f"{service}={count}")
        self._compose("up", *options, service, env=self.variables()).checked()

    def execute(
        self, service: str, command: list[str], timeout: float = 60, stdin: str = ""
    ) -> Result:
        words = ["docker", "exec", "--interactive", self._container(service), *command]
        options = {"timeout": timeout, "stdin": stdin, "stdout_only": True}
        return run_command(words, self.workspace.path, **options)

    def logs(self, service: str, *options: str) -> str:
        return docker("logs", *options, self._container(service), stderr=subprocess.STDOUT)

    def log_timestamps(self, service: str, words: str) -> list[str]:
        lines = self.logs(service, "--timestamps").splitlines()
        return [line.partition(" ")[0] for line in lines if words in line]

    def diagnostics(self) -> dict[str, str]:
        service = '{{.Label "com.docker.compose.service"}}'
        labelled = ["--filter", f"label={PROJECT_LABEL}={self.project}"]
        pieces = {START: self._log.read_text()} if self._log.exists() else {}
        for name in set(docker("ps", "--all", *labelled, "--format", service).split()):
            state = f"{name}: {self.health(name)}"
            checks = (self.inspect(name)["State"].get("Health") or {}).get("Log") or []
            asked = (
                checks[-3:] if state.endswith("unhealthy") else []
            )  # else they failed at the start
            outputs = [f"exit {each['ExitCode']}: {each['Output'].strip()}" for each in asked]
            pieces[name] = "\n".join([state, self.logs(name), *outputs])
        return pieces
