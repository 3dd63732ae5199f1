"""The stack as containers, driven through python-on-whales."""

import functools
import json
import re

from python_on_whales import DockerClient

from acceptance.drivers.commands import Result, environment, run
from acceptance.drivers.stack import Stack
from acceptance.support.reaper import KINDS, inventory
from acceptance.support.run import Run
from acceptance.support.waiting import wait_until


@functools.cache
def unavailable() -> str | None:
    """Why containers cannot be used here, or None when they can: what was found, and what is needed."""
    try:
        client = DockerClient()
        client.info()
        version = client.compose.version()
    except Exception as error:  # python-on-whales has no common base for "no client" and "no engine"
        reason = (str(error).strip().splitlines() or ["?"])[-1]
        return f"no Docker engine answers ({reason}); needed: Docker Engine 25 or later with Compose 2.24 or later"
    major, minor = re.search(r"(\d+)\.(\d+)", version).groups()
    if (int(major), int(minor)) < (2, 24):
        return f"found {version}; needed: 2.24 or later"
    return None


class ComposeStack(Stack):
    """The stack under a project name of its own."""

    name = "compose"

    @property
    def project(self) -> str:
        """Name of the compose project: that of the run and of the tree."""
        return f"{Run.current().name}-{self.tree.path.name}"

    @property
    def _docker(self) -> DockerClient:
        # python-on-whales passes its own process's environment on; `env` gives it a clean one
        variables = [f"{name}={value}" for name, value in (environment() | self.port_variables()).items()]
        return DockerClient(
            client_call=["env", "-i", *variables, "docker"],
            compose_files=[self.tree.path / "docker-compose.yml"],
            compose_project_directory=self.tree.path,
            compose_project_name=self.project,
        )

    def start(self, *services: str, wait: bool = True) -> None:
        self.write_settings()
        waiting = ["--wait"] if wait else []
        alone = ["--no-deps", *services] if services else []
        started = self._compose("up", "--build", "--detach", *waiting, *alone)
        if started.exit_code != 0:
            states = [text for text in self.evidence().values() if ", healthy" not in text.splitlines()[0]]
            reason = started.output.strip().splitlines()[-1]
            raise AssertionError("\n".join([f"docker compose up --build --wait: {reason}", *states]))

    def down(self, volumes: bool = False) -> None:
        removed = self._compose("down", *(["--volumes"] if volumes else []))
        assert removed.exit_code == 0, removed

    def remove(self) -> None:
        removed = self._compose("down", "--volumes", "--remove-orphans", "--timeout", "0")
        assert removed.exit_code == 0, removed

    def _compose(self, *arguments: str, settings: bool = True, timeout: float = 180) -> Result:
        variables = self.port_variables() if settings else {}
        command = ["docker", "compose", "--project-name", self.project, *arguments]
        return run(command, self.tree.path, timeout, **variables)

    def configuration(self) -> dict:
        """docker-compose.yml as compose understands it, with the settings of the tree alone."""
        result = self._compose("config", "--format", "json", settings=False)
        assert result.exit_code == 0, result
        return json.loads(result.output)

    def default_ports(self) -> dict[str, int]:
        services = self.configuration()["services"]
        return {name: int(port["published"]) for name, facts in services.items() for port in facts.get("ports", [])}

    def listening_on(self, service: str) -> set[str]:
        bindings = self.inspect(service)["NetworkSettings"]["Ports"].values()
        return {binding["HostIp"] for binding in sum(filter(None, bindings), [])}

    def _container(self, service: str):
        found = self._docker.compose.ps([service], all=True)
        assert found, f"there is no container of {service}"
        return found[0]

    def health(self, service: str) -> str:
        state = self._container(service).state
        if state.health is None:
            return "no healthcheck" if state.running else state.status
        return state.health.status if state.running else state.status

    def stop_service(self, service: str) -> int:
        self._docker.compose.stop([service])
        return self._container(service).state.exit_code

    def start_service(self, service: str) -> None:
        self._container(service).start()  # alone, as `docker compose start` would not

    def freeze(self, service: str) -> None:
        self._signal_all(service, "STOP")

    def thaw(self, service: str) -> None:
        self._signal_all(service, "CONT")

    def _signal_all(self, service: str, name: str) -> None:
        # the first process can only be reached from outside, the others (below init) from inside
        self._container(service).kill(signal=f"SIG{name}")
        self._docker.compose.execute(service, ["sh", "-c", f"kill -{name} -1 || true"], tty=False)

    def crash(self, service: str) -> None:
        before = self._container(service).state.pid
        self._compose("exec", "-T", service, "sh", "-c", "kill -KILL -1")  # ends with the container, so its code says nothing
        wait_until(lambda: self._container(service).state.pid != before, 10, f"{service} ends")

    def run_python(self, service: str, code: str, without: tuple[str, ...] = (), timeout: float = 60) -> Result:
        unset = [word for name in without for word in ("-u", name)]
        inside = ["env", *unset, "python", "-c", code] if unset else ["python", "-c", code]
        return self._compose("exec", "-T", service, *inside, timeout=timeout)

    def environment_of(self, service: str) -> dict[str, str]:
        return self.configuration()["services"][service]["environment"]

    def command_of(self, service: str) -> str:
        return " ".join(self.configuration()["services"][service]["command"])

    def logs(self, service: str) -> str:
        return self._container(service).logs(tail=200)

    def evidence(self) -> dict[str, str]:
        pieces = {}
        for container in self._docker.compose.ps(all=True):
            service = container.config.labels["com.docker.compose.service"]
            health = container.state.health
            checks = [f"exit {c.exit_code}: {c.output.strip()}" for c in (health.log or [])[-3:]] if health else []
            pieces[service] = "\n".join([
                f"{service}: {container.state.status}, {health.status if health else 'no healthcheck'}", *checks,
                *self.logs(service).splitlines()[-60:]])
        return pieces

    def leftovers(self) -> list[str]:
        """The containers, networks and volumes of this stack that the engine still holds."""
        kinds = set(KINDS) - {"image"}
        return [identity for kind in kinds for identity, project in inventory(kind).items() if project == self.project]

    def inspect(self, service: str) -> dict:
        """What the engine knows of the service's container."""
        identity = self._container(service).id
        return json.loads(run(["docker", "inspect", identity], self.tree.path).output)[0]


