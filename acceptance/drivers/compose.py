"""The stack as containers."""

import json
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from acceptance.drivers.shell import Env, Result, run_command, start_process
from acceptance.drivers.stack import Stack
from acceptance.support import attachments
from acceptance.support.reaper import PROJECT_LABEL, remove_project
from acceptance.support.session import Session
from acceptance.support.waiting import wait_until, wait_while

START = "docker compose up --build"
WATCH = f"{START} --watch"
API_ADDRESS = "localhost:8000"
INVENTORY = {  # kind -> how docker lists it; each name begins with that of its project
    "container": "--all --format 'container {{.Names}} {{.ID}}'",
    "network": "--format 'network {{.Name}} {{.ID}}'",
    "volume": "--format 'volume {{.Name}}'",
    "image": "--format 'image {{.Repository}} {{.ID}}'",
}


def docker() -> Any:
    """Return the engine's client, of python_on_whales: slow to import, and most tests need none."""
    from python_on_whales import docker

    return docker


def engine_inventory(name: str) -> list[str]:
    """Return what the engine holds whose name contains this, a line each: kind, name, identity.

    So it does not depend on labels and records, by which things are removed.
    """
    lines = []
    for kind, options in INVENTORY.items():
        command = f"docker {kind} ls {options}"
        listed = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        lines += [line for line in listed.stdout.splitlines() if name in line]
    return sorted(lines)


class ComposeStack(Stack):
    """The stack under a project name of its own."""

    runtime = "compose"

    @property
    def project(self) -> str:
        """The name of the compose project: that of the run and of the workspace."""
        return f"{Session.current().name}-{self.workspace.path.name}"

    def _compose(self, *arguments: str, env: Env | None = None) -> Result:
        Session.current().register_project(self.project)
        command = ["docker", "compose", "-p", self.project, *arguments]
        return run_command(command, self.workspace.path, env=env)

    def start(self, *services: str, wait: bool = True) -> None:
        options = ["--build", "--detach"]
        if wait:
            options.append("--wait")
        if services:
            options.append("--no-deps")
        started = self._compose("up", *options, *services, env=self.variables())
        if started.exit_code != 0:
            output = started.output.strip().splitlines()
            states = [text.splitlines() for text in self.diagnostics().values()]
            failed = [
                s for s in states if s[0].endswith((": exited", ": restarting", ": unhealthy"))
            ]
            causes = [line for state, *log in failed for line in (state, *log[-4:])]
            text = "\n".join([f"docker compose up --build: {output[-1]}", *(causes or output)])
            attachments.attach("docker compose up --build", text)
            raise AssertionError(text)

    def start_watching(self) -> None:
        """Start all services as README.md says for who edits them, and go on watching files."""
        Session.current().register_project(self.project)
        command = ["docker", "compose", "-p", self.project, *shlex.split(WATCH)[2:]]
        with self.workspace.path.with_suffix(".log").open("w") as log:
            process = start_process(command, self.workspace.path, self.variables(), stdout=log)
        log_text = self.workspace.path.with_suffix(".log").read_text
        wait_until(lambda: "atch enabled" in log_text(), 60, WATCH, process)
        wait_while(lambda: self.others_than("healthy", self.services()), 60, WATCH, process)

    def run_typed(self, commands: list[str]) -> list[Result]:
        """Run commands in order; START stays in the background until the stack is taken down."""
        Session.current().register_project(self.project)
        env = self.ports | {"COMPOSE_PROJECT_NAME": self.project}
        log, folder = self.workspace.path.with_suffix(".log"), self.workspace.path
        list_health = partial(
            run_command, "docker compose ps --format '{{.Health}}'", folder, env=env
        )
        healthy = "healthy\n" * len(self.services())
        results: list[Result] = []
        started = None
        for command in commands:
            if command == START:
                with log.open("w") as output:
                    started = start_process(shlex.split(command), folder, env, stdout=output)
                wait_until(lambda: list_health().output == healthy, 120, START, started)
            else:
                typed = command.replace(API_ADDRESS, f"localhost:{self.port('api')}")
                results.append(run_command(typed, folder, env=env)._replace(command=command))
        assert started, f"{START!r} is missing"
        return [*results, Result(START, started.wait(timeout=30), log.read_text())]

    def down(self, *options: str) -> None:
        self._compose("down", *options).checked()

    def remove(self) -> None:
        assert remove_project(self.project), self.leftovers()
        Session.current().unregister_project(self.project)

    def leftovers(self) -> list[str]:
        """Return what the engine holds of the stack."""
        return engine_inventory(self.project)

    def configuration(self) -> dict[str, Any]:
        """Return docker-compose.yml as compose reads it, without any setting or project name."""
        command = "docker compose config --format json"
        result = run_command(command, self.workspace.path, stdout_only=True)
        return json.loads(result.checked().output)

    def _container(self, service: str) -> Any:
        return docker().container.inspect(f"{self.project}-{service}-1")

    def listening_on(self, service: str) -> set[str]:
        bindings = self._container(service).network_settings.ports or {}
        return {each["HostIp"] for listed in bindings.values() for each in listed or []}

    def mounts(self) -> list[str]:
        """Return a line for each thing that containers keep, or see outside of themselves."""
        mounts = [m for name in self.services() for m in self._container(name).mounts]
        declared = {f"{self.project}_{name}" for name in self.workspace.compose_file()["volumes"]}
        return [
            "volume of docker-compose.yml"
            if m.name in declared
            else f"{m.type} {m.name or m.source}"
            for m in mounts
            if m.type != "tmpfs"
        ]

    def log_settings(self) -> list[str]:
        """Return how the engine keeps each service's log."""
        kept = [self._container(name).host_config.log_config for name in self.services()]
        options = [sorted((log.config or {}).items()) for log in kept]
        return [
            ", ".join([str(log.type), *(f"{name} {value}" for name, value in each)])
            for log, each in zip(kept, options, strict=True)
        ]

    def health(self, service: str) -> str:
        state = self._container(service).state
        return str(state.health.status if state.running and state.health else state.status)

    def stop_service(self, service: str) -> int:
        container = self._container(service)
        container.stop()
        container.reload()
        return container.state.exit_code or 0

    def start_service(self, service: str) -> None:
        self._container(service).start()  # alone, as `docker compose start` would not

    def send_signal(self, service: str, number: signal.Signals) -> None:
        container = self._container(service)
        pid = container.state.pid
        if number == signal.SIGKILL:
            # `docker kill` counts as a stop: no restart policy follows
            engine = ["docker", "run", "--rm", "--pid", "host", "--network", "none"]
            named = ["--name", f"{self.project}-kill-{pid}", "--entrypoint", "sh"]
            kill = [container.config.image, "-c", f"kill -9 {pid}"]
            run_command([*engine, *named, *kill], self.workspace.path).checked()
            wait_until(lambda: self._container(service).state.pid != pid, 10, f"{service} ends")
        else:
            # not `docker pause`: a paused container runs no healthcheck. The first process can only
            # be reached from outside, the others (below init) from inside
            container.kill(signal=number.name)
            self.execute(service, ["sh", "-c", f"kill -{number:d} -1"])

    @contextmanager
    def cut_off(self, service: str) -> Iterator[None]:
        """Meanwhile, take a service off the stack's network."""
        network, container = f"{self.project}_default", self._container(service)
        docker().network.disconnect(network, container)
        yield
        docker().network.connect(network, container, alias=service)

    def scale(self, service: str, count: int) -> None:
        """Run several containers of a service; the first of them stays the one of all others."""
        options = ("--detach", "--wait", "--no-deps", "--scale", f"{service}={count}")
        self._compose("up", *options, service, env=self.variables()).checked()

    def execute(
        self, service: str, command: list[str], timeout: float = 60, stdin: str = ""
    ) -> Result:
        words = ["docker", "exec", "--interactive", f"{self.project}-{service}-1", *command]
        options = {"timeout": timeout, "stdin": stdin, "stdout_only": True}
        return run_command(words, self.workspace.path, **options)

    def logs(self, service: str) -> str:
        return str(self._container(service).logs(tail=200))

    def log_timestamps(self, service: str, words: str) -> list[str]:
        lines = str(self._container(service).logs(timestamps=True)).splitlines()
        return [line.partition(" ")[0] for line in lines if words in line]

    def diagnostics(self) -> dict[str, str]:
        pieces = {}
        labelled = [("label", f"{PROJECT_LABEL}={self.project}")]
        for container in docker().container.list(all=True, filters=labelled):
            service = container.config.labels["com.docker.compose.service"]
            health = container.state.health
            last = ((health and health.log) or [])[-3:]
            checks = [f"exit {each.exit_code}: {each.output.strip()}" for each in last]
            state = f"{service}: {self.health(service)}"
            log = str(container.logs())
            asked = checks if state.endswith("unhealthy") else []  # others tell of the start
            pieces[service] = "\n".join([state, log, *asked])
        return pieces
