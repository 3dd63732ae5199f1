"""The stack as containers."""

import functools
import json
import re
import subprocess

from acceptance.drivers.commands import Result, run
from acceptance.drivers.stack import Stack
from acceptance.support.reaper import KINDS, inventory
from acceptance.support.run import Run
from acceptance.support.waiting import wait_until

ENGINE = ["docker", "version", "--format", "{{.Server.Version}}"]  # fails when no engine answers
COMPOSE = ["docker", "compose", "version", "--short"]
NEEDED = "needed: Docker Engine 25 or later with Compose 2.24 or later"


@functools.cache
def docker():
    """The client of the engine; imported here, as not every process needs it, and it is slow to import."""
    from python_on_whales import DockerClient

    return DockerClient()


@functools.cache
def unavailable() -> str | None:
    """Why containers cannot be used here, or None when they can: what was found, and what is needed."""
    try:
        asked = [
            subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
            for ask in (ENGINE, COMPOSE)
        ]
    except (OSError, subprocess.CalledProcessError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
        return f"no Docker engine answers ({reason}); {NEEDED}"
    engine, composed = (
        [int(part) for part in re.findall(r"\d+", version)[:2]] for version in asked
    )
    if engine < [25, 0] or composed < [2, 24]:
        return f"found Docker Engine {asked[0]} with Compose {asked[1]}; {NEEDED}"
    return None


class ComposeStack(Stack):
    """The stack under a project name of its own."""

    name = "compose"

    @property
    def project(self) -> str:
        """Name of the compose project: that of the run and of the tree."""
        return f"{Run.current().name}-{self.tree.path.name}"

    def _compose(self, *arguments: str, **variables: str) -> Result:
        return run(
            ["docker", "compose", *arguments],
            self.tree.path,
            COMPOSE_PROJECT_NAME=self.project,
            **variables,
        )

    def start(self, *services: str, wait: bool = True) -> None:
        self.write_settings()
        options = ["--wait"] * wait + ["--no-deps"] * bool(services)
        started = self._compose(
            "up", "--build", "--detach", *options, *services, **self.variables()
        )
        if started.exit_code != 0:
            states = [
                text for text in self.evidence().values() if ", healthy" not in text.splitlines()[0]
            ]
            reason = started.output.strip().splitlines()[-1]
            raise AssertionError(
                "\n".join([f"docker compose up --build --wait: {reason}", *states])
            )

    def down(self, *options: str) -> None:
        removed = self._compose("down", *options)
        assert removed.exit_code == 0, removed

    def remove(self) -> None:
        self.down("--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "0")

    def leftovers(self) -> list[str]:
        """What there still is of the stack: containers, networks, volumes."""
        kinds = set(KINDS) - {"image"}
        return [
            identity
            for kind in kinds
            for identity, project in inventory(kind).items()
            if project == self.project
        ]

    def services(self) -> set[str]:
        """The names of all services that compose would start."""
        return set(self._configuration()["services"])

    def _configuration(self) -> dict:
        """docker-compose.yml as compose understands it, without settings of the shell or a name for the project."""
        result = run(["docker", "compose", "config", "--format", "json"], self.tree.path)
        assert result.exit_code == 0, result
        return json.loads(result.output)

    def default_ports(self) -> dict[str, int]:
        services = self._configuration()["services"]
        return {
            name: int(port["published"])
            for name, facts in services.items()
            for port in facts.get("ports", [])
        }

    def _container(self, service: str):
        return docker().container.inspect(f"{self.project}-{service}-1")

    def listening_on(self, service: str) -> set[str]:
        bindings = self._container(service).network_settings.ports.values()
        return {binding["HostIp"] for binding in sum(filter(None, bindings), [])}

    def mounts(self) -> set[tuple[str, str]]:
        """What the services keep or see outside of their containers: kind, and name of the volume if it is one."""
        mounts = [mount for service in self.services() for mount in self._container(service).mounts]
        return {
            (mount.type, (mount.name or "").removeprefix(f"{self.project}_"))
            for mount in mounts
            if mount.type != "tmpfs"
        }

    def default_project(self) -> str:
        """The name of the compose project that nobody has named."""
        return self._configuration()["name"]

    def image_of(self, service: str) -> str:
        """The image that a service runs, as docker-compose.yml names it."""
        return self._container(service).config.image

    def health(self, service: str) -> str:
        state = self._container(service).state
        if not state.running:
            return state.status
        return state.health.status if state.health else "no healthcheck"

    def stop_service(self, service: str) -> int:
        container = self._container(service)
        container.stop()
        container.reload()
        return container.state.exit_code

    def start_service(self, service: str) -> None:
        self._container(service).start()  # alone, as `docker compose start` would not

    def freeze(self, service: str) -> None:
        self._signal_all(service, "STOP")

    def thaw(self, service: str) -> None:
        self._signal_all(service, "CONT")

    def _signal_all(self, service: str, name: str) -> None:
        # the first process can only be reached from outside, the others (below init) from inside
        container = self._container(service)
        container.kill(signal=f"SIG{name}")
        container.execute(["sh", "-c", f"kill -{name} -1 || true"])

    def crash(self, service: str) -> None:
        before = self._container(service).state.pid
        self._exec(
            service, "sh", "-c", "kill -KILL -1"
        )  # ends with the container, so its code says nothing
        wait_until(lambda: self._container(service).state.pid != before, 10, f"{service} ends")

    def _exec(self, service: str, *command: str, timeout: float = 60) -> Result:
        return run(
            ["docker", "exec", f"{self.project}-{service}-1", *command], self.tree.path, timeout
        )

    def run_python(
        self, service: str, code: str, without: tuple[str, ...] = (), timeout: float = 60
    ) -> Result:
        unset = [word for name in without for word in ("-u", name)]
        return self._exec(service, "env", *unset, "python", "-c", code, timeout=timeout)

    def logs(self, service: str) -> str:
        return self._container(service).logs(tail=200)

    def moments(self, service: str, words: str) -> list[str]:
        written = self._container(service).logs(timestamps=True).splitlines()
        return [line.partition(" ")[0] for line in written if words in line]

    def evidence(self) -> dict[str, str]:
        pieces = {}
        for container in docker().container.list(
            all=True, filters=[("label", f"com.docker.compose.project={self.project}")]
        ):
            service, health = (
                container.config.labels["com.docker.compose.service"],
                container.state.health,
            )
            checks = (
                [f"exit {c.exit_code}: {c.output.strip()}" for c in (health.log or [])[-3:]]
                if health
                else []
            )
            state = f"{service}: {container.state.status}, {health.status if health else 'no healthcheck'}"
            pieces[service] = "\n".join([state, *checks, *container.logs(tail=60).splitlines()])
        return pieces
