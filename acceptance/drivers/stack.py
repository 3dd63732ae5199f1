"""What the scenarios may ask of a running stack, whichever runtime runs it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import yaml

from acceptance.drivers.commands import Result
from acceptance.drivers.tree import Tree
from acceptance.support.run import free_port

SERVICES = ("postgres", "redis", "api", "worker")
PORT_VARIABLES = {"postgres": "POSTGRES_PORT", "redis": "REDIS_PORT", "api": "API_PORT"}


def free_ports() -> dict[str, int]:
    """A free port for each published service."""
    return {service: free_port() for service in PORT_VARIABLES}


def port_variables(ports: dict[str, int]) -> dict[str, str]:
    """The variables that publish the services at these ports."""
    return {PORT_VARIABLES[service]: str(port) for service, port in ports.items()}


@dataclass(repr=False)
class Stack(ABC):
    """The services of docker-compose.yml, from a tree, on free ports, with `settings` in `.env`."""

    name: ClassVar[str]  # of the runtime
    tree: Tree
    ports: dict[str, int] = field(default_factory=free_ports)
    settings: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"the {self.name} stack in {self.tree.path.name}"

    def write_settings(self) -> None:
        """Write the settings to `.env`, as a developer would."""
        if self.settings:
            self.tree.write(
                ".env", "".join(f"{name}={value}\n" for name, value in self.settings.items())
            )

    def variables(self) -> dict[str, str]:
        """The variables of the shell that starts it: its ports, but for those that `.env` sets."""
        return {
            name: port
            for name, port in port_variables(self.ports).items()
            if name not in self.settings
        }

    @property
    def api_url(self) -> str:
        """Where the api answers."""
        return f"http://127.0.0.1:{self.ports['api']}"

    def definition(self, service: str) -> dict:
        """The service as docker-compose.yml has it."""
        return yaml.safe_load(self.tree.read("docker-compose.yml"))["services"][service]

    @abstractmethod
    def start(self, *services: str, wait: bool = True) -> None:
        """Start these services alone, or all, and return when they are healthy, unless told not to wait.

        Raises AssertionError with the reason when they do not get there.
        """

    @abstractmethod
    def down(self) -> None:
        """Stop all services; the data stays."""

    @abstractmethod
    def remove(self) -> None:
        """Remove everything of the stack, in whatever state it is."""

    @abstractmethod
    def default_ports(self) -> dict[str, int]:
        """The port at which each published service would stand without any setting."""

    @abstractmethod
    def listening_on(self, service: str) -> set[str]:
        """The addresses of this machine at which the running service is published."""

    @abstractmethod
    def health(self, service: str) -> str:
        """`starting`, `healthy` or `unhealthy` while the service runs, or the state in which it is instead."""

    @abstractmethod
    def stop_service(self, service: str) -> int:
        """Ask the service to stop, as `docker compose stop` does, and return its exit code, 128 + N after signal N."""

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
        """Kill the service's processes."""

    @abstractmethod
    def run_python(
        self, service: str, code: str, without: tuple[str, ...] = (), timeout: float = 60
    ) -> Result:
        """Run Python code where the service runs, with its environment but for the variables `without`.

        After `timeout` seconds it is killed, and the exit code is 124.
        """

    @abstractmethod
    def logs(self, service: str) -> str:
        """What the service has written."""

    @abstractmethod
    def moments(self, service: str, words: str) -> list:
        """When the service has written lines with these words: what comes later is greater, also of another service."""

    @abstractmethod
    def evidence(self) -> dict[str, str]:
        """What a person would look at when something is wrong: for each service its state, health log and log."""
