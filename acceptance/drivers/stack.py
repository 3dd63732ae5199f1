"""What the scenarios may ask of a running stack, whichever runtime runs it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from acceptance.drivers.commands import Result
from acceptance.drivers.tree import Tree
from acceptance.support.run import free_port

SERVICES = ("postgres", "redis", "api", "worker")
PORT_VARIABLES = {"postgres": "POSTGRES_PORT", "redis": "REDIS_PORT", "api": "API_PORT"}


def free_ports() -> dict[str, int]:
    """A free port for each published service."""
    return {service: free_port() for service in PORT_VARIABLES}


@dataclass(repr=False)
class Stack(ABC):
    """The services of docker-compose.yml, from a tree, on free ports."""

    name: ClassVar[str]  # of the runtime
    tree: Tree
    ports: dict[str, int] = field(default_factory=free_ports)
    settings: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"the {self.name} stack in {self.tree.path.name}"

    def write_settings(self) -> None:
        """Write the settings to `.env`, as a developer would."""
        if self.settings:
            self.tree.write(".env", "".join(f"{name}={value}\n" for name, value in self.settings.items()))

    def port_variables(self) -> dict[str, str]:
        """The variables that move the published ports; a setting in `.env` is left to do so itself."""
        return {PORT_VARIABLES[s]: str(port) for s, port in self.ports.items() if PORT_VARIABLES[s] not in self.settings}

    @property
    def api_url(self) -> str:
        """Where the api answers."""
        return f"http://127.0.0.1:{self.ports['api']}"

    @abstractmethod
    def start(self, *services: str, wait: bool = True) -> None:
        """Start the services (all, or these), and return when they are healthy unless told not to wait.

        Raises AssertionError with the reason when they do not get there.
        """

    @abstractmethod
    def down(self, volumes: bool = False) -> None:
        """Stop and remove all services; with `volumes`, the data too."""

    @abstractmethod
    def remove(self) -> None:
        """Kill and remove everything of the stack, in whatever state it is."""

    @abstractmethod
    def default_ports(self) -> dict[str, int]:
        """The port at which each published service would stand without any setting."""

    @abstractmethod
    def listening_on(self, service: str) -> set[str]:
        """The addresses of this machine at which the running service is published."""

    @abstractmethod
    def health(self, service: str) -> str:
        """`starting`, `healthy`, `unhealthy`, or what else the runtime says of the service's healthcheck."""

    @abstractmethod
    def stop_service(self, service: str) -> int:
        """Ask the service to stop, as `docker compose stop` does, and return its exit code."""

    @abstractmethod
    def start_service(self, service: str) -> None:
        """Start a service that was stopped; return at once."""

    @abstractmethod
    def freeze(self, service: str) -> None:
        """Keep the service's processes from running, without ending them."""

    @abstractmethod
    def thaw(self, service: str) -> None:
        """Let a frozen service go on."""

    @abstractmethod
    def crash(self, service: str) -> None:
        """End the service's main process from inside, with a failure."""

    @abstractmethod
    def run_python(self, service: str, code: str, without: tuple[str, ...] = (), timeout: float = 60) -> Result:
        """Run Python code where the service runs, with its environment but for the variables `without`.

        After `timeout` seconds it is killed, and the exit code is 124.
        """

    @abstractmethod
    def environment_of(self, service: str) -> dict[str, str]:
        """The variables that docker-compose.yml gives to the service."""

    @abstractmethod
    def command_of(self, service: str) -> str:
        """The command line of the service, as docker-compose.yml has it."""

    @abstractmethod
    def logs(self, service: str) -> str:
        """What the service has written."""

    @abstractmethod
    def evidence(self) -> dict[str, str]:
        """What a person would look at when something is wrong: states, health logs, logs."""
