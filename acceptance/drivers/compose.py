"""The stack as containers."""

import functools
import json
from typing import TYPE_CHECKING, Any

from acceptance.drivers.shell import Env, Result, run_command
from acceptance.drivers.stack import Stack
from acceptance.support.session import Session
from acceptance.support.waiting import wait_until

if TYPE_CHECKING:
    from python_on_whales import Container, DockerClient

PROJECT_LABEL = "com.docker.compose.project"


@functools.cache
def docker() -> "DockerClient":
    """Return the client of the engine; most processes need none, and it is slow to import."""
    from python_on_whales import DockerClient

    return DockerClient()


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
        options = ["--wait"] if wait else []
        if services:
            options.append("--no-deps")
        started = self._compose(
            "up", "--build", "--detach", *options, *services, env=self.variables()
        )
        if started.exit_code != 0:
            states = [t for t in self.diagnostics().values() if ", healthy" not in t.split("\n")[0]]
            reason = started.output.strip().splitlines()[-1]
            raise AssertionError("\n".join([f"docker compose up --build: {reason}", *states]))

    def down(self, *options: str) -> None:
        self._compose("down", *options).checked()

    def remove(self) -> None:
        self.down("--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "0")

    def leftovers(self) -> list[str]:
        """Return the containers, networks and volumes that there are of the stack."""
        labelled: list[Any] = [("label", f"{PROJECT_LABEL}={self.project}")]
        containers = docker().container.list(all=True, filters=labelled)
        networks = docker().network.list(filters=labelled)
        volumes = docker().volume.list(filters=labelled)
        return [f"{each}" for each in (*containers, *networks, *volumes)]

    def configuration(self) -> dict[str, Any]:
        """Return docker-compose.yml as compose reads it, without any setting or project name."""
        command = "docker compose config --format json 2>/dev/null"
        return json.loads(run_command(command, self.workspace.path).checked().output)

    def services(self) -> list[str]:
        return list(self.configuration()["services"])

    def _container(self, service: str) -> "Container":
        return docker().container.inspect(f"{self.project}-{service}-1")

    def listening_on(self, service: str) -> set[str]:
        bindings = self._container(service).network_settings.ports or {}
        return {each["HostIp"] for listed in bindings.values() for each in listed or []}

    def mounts(self) -> list[str]:
        """Return kind and name of all that containers keep or see outside of themselves."""
        mounts = [mount for name in self.services() for mount in self._container(name).mounts]
        kept = [(mount.type, mount.name or mount.source) for mount in mounts]
        prefix = f"{self.project}_"
        return [f"{kind} {name.removeprefix(prefix)}" for kind, name in kept if kind != "tmpfs"]

    def health(self, service: str) -> str:
        state = self._container(service).state
        if not state.running:
            return state.status or ""
        return (state.health.status or "") if state.health else "no healthcheck"

    def stop_service(self, service: str) -> int:
        container = self._container(service)
        container.stop()
        container.reload()
        return container.state.exit_code or 0

    def start_service(self, service: str) -> None:
        self._container(service).start()  # alone, as `docker compose start` would not

    def pause(self, service: str) -> None:
        self._signal_all(service, "STOP")

    def unpause(self, service: str) -> None:
        self._signal_all(service, "CONT")

    def _signal_all(self, service: str, name: str) -> None:
        # not `docker pause`: a paused container runs no healthcheck. The first process can only be
        # reached from outside, the others (below init) from inside
        container = self._container(service)
        container.kill(signal=f"SIG{name}")
        container.execute(["sh", "-c", f"kill -{name} -1 || true"])

    def kill(self, service: str) -> None:
        # from inside: `docker kill` counts as a stop, which no restart policy follows
        before = self._container(service).state.pid
        self.execute(service, ["sh", "-c", "kill -KILL -1"])
        wait_until(lambda: self._container(service).state.pid != before, 10, f"{service} ends")

    def execute(
        self, service: str, command: list[str], env: Env | None = None, timeout: float = 60
    ) -> Result:
        variables = [
            word for name, value in (env or {}).items() for word in ("-e", f"{name}={value}")
        ]
        exec_ = ["docker", "exec", *variables, f"{self.project}-{service}-1", *command]
        return run_command(exec_, self.workspace.path, timeout=timeout)

    def logs(self, service: str) -> str:
        return str(self._container(service).logs(tail=200))

    def log_timestamps(self, service: str, words: str) -> list[str]:
        lines = str(self._container(service).logs(timestamps=True)).splitlines()
        return [line.partition(" ")[0] for line in lines if words in line]

    def diagnostics(self) -> dict[str, str]:
        pieces = {}
        labelled: list[Any] = [("label", f"{PROJECT_LABEL}={self.project}")]
        for container in docker().container.list(all=True, filters=labelled):
            service = container.config.labels["com.docker.compose.service"]
            health = container.state.health
            checks = (
                [f"exit {c.exit_code}: {c.output.strip()}" for c in (health.log or [])[-3:]]
                if health
                else []
            )
            state = f"{service}: {container.state.status}, {health.status if health else 'no healthcheck'}"
            log = str(container.logs(tail=60)).splitlines()
            pieces[service] = "\n".join([state, *checks, *log])
        return pieces
