"""What the scenarios may ask of a running stack, whichever runtime runs it."""

import signal
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from native.compose_file import ServiceSpec, load

from acceptance.drivers.shell import Result
from acceptance.drivers.workspace import COMPOSE_FILE, TESTDATA, Workspace
from acceptance.support.session import free_port


class PublishedPort(NamedTuple):
    """A port that docker-compose.yml publishes on this machine."""

    service: str
    variable: str  # that moves it
    default: int


def services_of(workspace: Workspace) -> dict[str, ServiceSpec]:
    """Return the services of docker-compose.yml, in whatever form it has them."""
    return load(workspace.path / COMPOSE_FILE, {})


def published_ports(workspace: Workspace) -> list[PublishedPort]:
    """Return the published ports that a variable moves."""
    return [
        PublishedPort(name, port.variable, port.published)
        for name, service in services_of(workspace).items()
        for port in service.ports
        if port.variable
    ]


def free_ports(workspace: Workspace) -> dict[str, str]:
    """Return the variables that move every published port to a free one."""
    return {port.variable: str(free_port()) for port in published_ports(workspace)}


def env_file(settings: dict[str, str]) -> str:
    """Return the text of a .env file that sets these variables to just these values."""
    return "".join(f"{name}='{value}'\n" for name, value in settings.items())


@dataclass
class Stack(ABC):
    """The services of docker-compose.yml, from a workspace, on free ports, with settings in .env."""

    runtime: ClassVar[str]
    workspace: Workspace
    ports: dict[str, str] = field(default_factory=dict)  # by variable
    settings: dict[str, str] = field(default_factory=dict)  # of .env
    ports_in_shell: bool = True  # else .env must have them

    def __post_init__(self) -> None:
        self.ports = self.ports or free_ports(self.workspace)
        if self.settings:
            self.workspace.write(".env", env_file(self.settings))

    def variables(self) -> dict[str, str]:
        """Return the variables of the shell that starts it."""
        return self.ports if self.ports_in_shell else {}

    def port(self, service: str) -> int:
        """Return the first port of this machine on which a service is published."""
        published = published_ports(self.workspace)
        return next(int(self.ports[p.variable]) for p in published if p.service == service)

    @property
    def api_url(self) -> str:
        """Return where the api answers."""
        return f"http://127.0.0.1:{self.port('api')}"

    def run_probe(self, service: str, probe: str, *arguments: str, timeout: float = 60) -> Result:
        """Run a program of testdata/probes where a service runs, with its environment."""
        source = (TESTDATA / "probes" / f"{probe}.py").read_text()
        return self.execute(service, ["python", "-", *arguments], timeout, source)

    def services(self) -> list[str]:
        """Return the services that this runtime starts without being asked for one, and that go on."""
        specs = services_of(self.workspace)
        one_shots = {
            name
            for spec in specs.values()
            for name, condition in spec.depends_on.items()
            if condition == "service_completed_successfully"
        }
        return [name for name, spec in specs.items() if not spec.profiles and name not in one_shots]

    @abstractmethod
    def start(self, *services: str, wait: bool = True) -> None:
        """Start these services alone, or all, and wait until they are healthy, unless told not to.

        Raises AssertionError with the reason when they do not get there.
        """

    @abstractmethod
    def down(self, *options: str) -> None:
        """Stop all services; the data stays, unless an option of compose says otherwise."""

    @abstractmethod
    def remove(self) -> None:
        """Remove everything of the stack, in whatever state it is."""

    @abstractmethod
    def listening_on(self, service: str) -> set[str]:
        """Return the addresses of this machine on which the running service is published."""

    @abstractmethod
    def health(self, service: str) -> str:
        """Return `starting`, `healthy` or `unhealthy` while it runs, or its state instead."""

    def others_than(self, health: str, services: list[str]) -> dict[str, str]:
        """Return those of the services that have another health, with it."""
        states = {name: self.health(name) for name in services}
        return {name: state for name, state in states.items() if state != health}

    @abstractmethod
    def stop_service(self, service: str) -> int:
        """Stop a service as `docker compose stop` does; return its exit code (128 + signal)."""

    @abstractmethod
    def start_service(self, service: str) -> None:
        """Start a service that was stopped; return at once."""

    @abstractmethod
    def send_signal(self, service: str, number: signal.Signals) -> None:
        """Send a signal to all processes of a service: SIGSTOP pauses it, SIGCONT undoes that."""

    @abstractmethod
    def execute(
        self, service: str, command: list[str], timeout: float = 60, stdin: str = ""
    ) -> Result:
        """Run a command where a service runs, in its environment; exit code 124 at the timeout."""

    @abstractmethod
    def logs(self, service: str) -> str:
        """Return what a service has printed."""

    @abstractmethod
    def log_timestamps(self, service: str, words: str) -> list[Any]:
        """Return when a service printed lines with these words, comparable between services."""

    @abstractmethod
    def diagnostics(self) -> dict[str, str]:
        """Return what a person would look at: for each service its state, health log and log."""
