"""What a service is: the words that the other modules share."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".dev"  # everything that a run keeps: data, logs, state


class Refused(Exception):
    """Why dev.sh cannot do what it was asked: one line, for the developer."""


@dataclass(frozen=True)
class HealthCheck:
    """A command that exits 0 while its service is well; times in seconds, defaults as Docker's."""

    test: list[str]
    interval: float = 30.0
    timeout: float = 30.0
    retries: int = 3
    start_period: float = 0.0
    start_interval: float = 5.0


@dataclass(frozen=True)
class Service:
    """A process to run, all addresses being those of this machine."""

    name: str
    command: list[str]
    env: dict[str, str]
    cwd: Path = ROOT
    ports: dict[int, int] = field(default_factory=dict)  # container port -> port on 127.0.0.1
    remedy: str = ""  # what to do when a port is taken
    address: str | None = None  # where a developer finds it
    depends_on: dict[str, str] = field(default_factory=dict)  # service -> condition
    health: HealthCheck | None = None
    restarts: float = 0  # how often it is started again after a failure
    stop_signal: signal.Signals = signal.SIGTERM
    watch: Path | None = None  # a changed *.py file in here restarts it
    prepare: Callable[[Callable[..., Awaitable[None]]], Awaitable[None]] | None = None  # before each start

    @property
    def port(self) -> int | None:
        """The first published port on this machine."""
        return next(iter(self.ports.values()), None)


def clean_environment() -> dict[str, str]:
    """Return what every service gets from the shell: nothing that could change what it does."""
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG") or name.startswith("LC_")}
    path = f"{sys.prefix}/bin:{os.environ.get('PATH', os.defpath)}"
    # the worker's heartbeat lies in the temporary folder: two checkouts must not share it
    return kept | {"PATH": path, "TMPDIR": str(STATE / "tmp")}
