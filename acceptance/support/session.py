"""A run of the suite: its folder, processes, compose projects, ports and shared results."""

import json
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

ROOT = Path(__file__).parents[2]  # the tree under test
PREFIX = "ia-crm-acceptance-"
FOLDER_VARIABLE = "ACCEPTANCE_SESSION_FOLDER"


class Session:
    """One run; the name of its folder begins the names of all that it starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self._reaper: subprocess.Popen[bytes] | None = None

    @classmethod
    def begin(cls) -> "Session":
        """Make the folder, and a reaper that cleans up however this process ends."""
        # not mkdtemp: its "_" may follow the "-", which names of images forbid
        session = cls(Path(tempfile.gettempdir(), f"{PREFIX}{secrets.token_hex(4)}"))
        session.folder.mkdir(mode=0o700)
        os.environ[FOLDER_VARIABLE] = str(session.folder)
        session._reaper = subprocess.Popen(
            [sys.executable, "-m", "acceptance.support.reaper", str(session.folder)],
            stdin=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )
        session.register(os.getpid())
        return session

    @classmethod
    def current(cls) -> "Session":
        """Return the session that this process or its parent has begun."""
        return cls(Path(os.environ[FOLDER_VARIABLE]))

    def end(self, keep: bool = False) -> None:
        """Remove all that the run has started, unless it is kept."""
        assert self._reaper and self._reaper.stdin
        self.unregister(os.getpid())
        self._reaper.stdin.write(b"keep" * keep)
        self._reaper.stdin.close()
        self._reaper.wait()
        os.environ.pop(FOLDER_VARIABLE)

    def register(self, process: int) -> None:
        """Let the reaper end a process too."""
        (self.folder / f"process-{process}").touch()

    def unregister(self, process: int) -> None:
        """Let the reaper forget a process that has ended."""
        (self.folder / f"process-{process}").unlink()

    def register_project(self, name: str) -> None:
        """Let the reaper remove a compose project."""
        (self.folder / f"project-{name}").touch()

    def unregister_project(self, name: str) -> None:
        """Let the reaper forget a removed compose project."""
        (self.folder / f"project-{name}").unlink(missing_ok=True)

    def new_folder(self, label: str) -> Path:
        """Return an empty folder with a unique name."""
        folder = self.folder / f"{label}-{secrets.token_hex(3)}"
        folder.mkdir()
        return folder

    def run_once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return the JSON result of `make`, called by the first process that asks.

        Raises AssertionError in all of them when it fails.
        """
        path = self.folder / f"{name}.json"
        with FileLock(self.folder / f"{name}.lock"):
            if not path.exists():
                try:
                    outcome = {"value": make()}
                except Exception as error:  # noqa: BLE001 (raised again in each process)
                    outcome = {"error": f"{error}"}
                path.write_text(json.dumps(outcome))
        outcome = json.loads(path.read_text())
        if "error" in outcome:
            raise AssertionError(outcome["error"])
        return outcome["value"]


def free_port() -> int:
    """Return a port on which nothing listens, and that no other test of the run gets."""
    while True:
        port = random.randrange(20_000, 32_000)  # below the ports that the system chooses
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            (Session.current().folder / f"port-{port}").touch(exist_ok=False)
            return port
