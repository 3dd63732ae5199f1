"""What the scenarios may ask of a running stack, whichever runtime runs it."""

import signal
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

from native.compose_file import ServiceSpec, load

from acceptance.drivers import data
from acceptance.drivers.shell import Result
from acceptance.drivers.workspace import COMPOSE_FILE, TESTDATA, Workspace
from acceptance.support.session import free_port
from acceptance.support.waiting import wait_until

RUNNING = ("healthy", "starting")  # ends of the states of running services


class PublishedPort(NamedTuple):
    """A port that docker-compose.yml publishes on this machine."""

    service: str
    variable: str  # that moves it
    default: int


def services_of(workspace: Workspace) -> dict[str, ServiceSpec]:
    """Return the services of docker-compose.yml, in whatever form it has them."""
    return load(workspace.path / COMPOSE_FILE, {})


def lasting_services(workspace: Workspace) -> dict[str, ServiceSpec]:
    """Return the services that start without being asked for, and that do not end by themselves."""
    specs = services_of(workspace)
    needed = [each for spec in specs.values() for each in spec.depends_on.items()]
    one_shots = {name for name, how in needed if how == "service_completed_successfully"}
    return {n: spec for n, spec in specs.items() if not spec.profiles and n not in one_shots}


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


@dataclass
class Stack(ABC):
    """The services of docker-compose.yml, from a workspace, on free ports."""

    runtime: ClassVar[str]
    workspace: Workspace
    ports: dict[str, str] = field(default_factory=dict)  # by variable
    settings: dict[str, str] = field(default_factory=dict)  # of .env, which then has the ports too
    pid: int = 0  # of its first process, which only processes have

    def __post_init__(self) -> None:
        self.ports = self.ports or free_ports(self.workspace)

    @property
    def _log(self) -> Path:
        return self.workspace.path.with_suffix(".log")

    def identity(self) -> dict[str, Any]:
        """Return in JSON what `known` makes the stack of in another process."""
        return {"folder": str(self.workspace.path), "ports": self.ports, "pid": self.pid}

    @classmethod
    def known(cls, identity: dict[str, Any]) -> Self:
        """Return a stack that any process has started."""
        return cls(Workspace(Path(identity["folder"])), identity["ports"], pid=identity["pid"])

    def port(self, service: str) -> int:
        """Return the first port of this machine on which a service is published."""
        published = published_ports(self.workspace)
        return next(int(self.ports[p.variable]) for p in published if p.service == service)

    def url(self, service: str) -> str:
        """Return where a service that speaks HTTP answers."""
        return f"http://127.0.0.1:{self.port(service)}"

    def run_probe(self, service: str, probe: str, *arguments: str) -> Result:
        """Run a program of testdata/probes where a service runs, with its environment."""
        source = (TESTDATA / "probes" / f"{probe}.py").read_text()
        return self.execute(service, ["python", "-", *arguments], source)

    def services(self) -> list[str]:
        """Return the services that this runtime starts, and that do not end by themselves."""
        return list(lasting_services(self.workspace))

    def reset(self) -> None:
        """Bring a stack that scenarios share in turn to its first state: healthy, without data."""
        services = self.services()
        states = self.health(*services)
        if len(states) < len(services):  # it was taken down
            self.start()
        elif stopped := [name for name in services if not states[name].endswith(RUNNING)]:
            self.start_services(*stopped)
        wait_until(self.is_healthy, "the private stack is healthy")
        data.clear(self.port("postgres"), self.port("redis"))

    def is_healthy(self) -> bool:
        """Return whether all services are."""
        states = self.health(*self.services())
        return len(states) == len(self.services()) and set(states.values()) == {"healthy"}

    def diagnostics(self) -> dict[str, str]:
        """Return what a person would look at: the state, healthcheck and log of each service."""
        pieces = {"start": self._log.read_text()} if self._log.exists() else {}
        for name, state in self.health(*self.services()).items():
            check = self.check_output(name) if state != "healthy" else ""
            pieces[name] = f"{name}: {state}\n{self.logs(name)}\n{check}"
        return pieces

    def failure(self, what: str, output: str = "") -> AssertionError:
        """Return an error with the last lines of what is not healthy, or else the output."""
        texts = [text.splitlines() for text in self.diagnostics().values()]
        wrong = [(state, *log[-4:]) for state, *log in texts if not state.endswith(": healthy")]
        lines = [line for lines in wrong for line in lines]
        return AssertionError("\n".join([what, *(lines or output.splitlines())]))

    @abstractmethod
    def start(self, *services: str, wait: bool = True) -> None:
        """Start these services alone, or all; wait until they are healthy. Raises AssertionError."""

    @abstractmethod
    def down(self, *options: str) -> None:
        """Stop all services and keep the data, unless an option of compose says otherwise."""

    @abstractmethod
    def remove(self) -> None:
        """Remove everything of the stack, in whatever state it is."""

    @abstractmethod
    def health(self, *services: str) -> dict[str, str]:
        """Return `starting`, `healthy` or `unhealthy` for each that runs, or its state instead."""

    @abstractmethod
    def check_output(self, service: str) -> str:
        """Return what the last healthcheck of a service has printed."""

    @abstractmethod
    def stop_service(self, service: str) -> int:
        """Stop a service as `docker compose stop` does; return its exit code (128 + signal)."""

    @abstractmethod
    def start_services(self, *services: str) -> None:
        """Start stopped services; return at once."""

    @abstractmethod
    def send_signal(self, service: str, number: signal.Signals) -> None:
        """Send a signal to all processes of a service: SIGSTOP pauses it, SIGCONT undoes that."""

    @abstractmethod
    def execute(self, service: str, command: list[str], stdin: str = "") -> Result:
        """Run a command where a service runs, in its environment."""

    @abstractmethod
    def logs(self, service: str) -> str:
        """Return what a service has printed."""

    @abstractmethod
    def log_timestamps(self, service: str, words: str) -> list[Any]:
        """Return when a service printed lines with these words, comparable between services."""
