"""A run of the suite: its folder, processes, compose projects, ports and shared results."""

import json
import os
import random
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from filelock import FileLock

from acceptance.support.waiting import wait_until

ROOT = Path(__file__).parents[2]  # the tree under test
PREFIX = "ia-crm-acceptance-"
FOLDER_VARIABLE = "ACCEPTANCE_SESSION_FOLDER"
TIMED_AT_ONCE = 2  # tests that assert a number of seconds
LONGEST_TEST_SECONDS = 600


class Session:
    """One run; the name of its folder begins the names of all that it starts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        self._reaper: Popen[bytes] | None = None

    @classmethod
    def begin(cls) -> "Session":
        """Make the folder, and a reaper that cleans up however this process ends."""
        # not mkdtemp: its "_" may follow the "-", which names of images forbid
        session = cls(Path(tempfile.gettempdir(), f"{PREFIX}{secrets.token_hex(4)}"))
        session.folder.mkdir(mode=0o700)
        os.environ[FOLDER_VARIABLE] = str(session.folder)
        command = [sys.executable, "-m", "acceptance.support.reaper", str(session.folder)]
        session._reaper = Popen(command, stdin=PIPE, stdout=PIPE, cwd=ROOT, start_new_session=True)
        return session

    @classmethod
    def current(cls) -> "Session":
        """Return the session that this process or its parent has begun."""
        return cls(Path(os.environ[FOLDER_VARIABLE]))

    def end(self, keep: bool = False) -> None:
        """Remove all that the run has started, unless it is kept."""
        assert self._reaper and self._reaper.stdin and self._reaper.stdout
        self._reaper.stdin.write(b"keep" * keep)
        self._reaper.stdin.close()
        self._reaper.stdout.read()  # until only files are left, whose removal may take minutes
        os.environ.pop(FOLDER_VARIABLE)

    def register(self, name: str) -> None:
        """Let the reaper remove `process-PID` or `project-NAME`."""
        (self.folder / name).touch()

    def unregister(self, name: str) -> None:
        """Let the reaper forget what has ended."""
        (self.folder / name).unlink(missing_ok=True)

    def new_folder(self, label: str) -> Path:
        """Return an empty folder with a unique name."""
        folder = self.folder / f"{label}-{secrets.token_hex(3)}"
        folder.mkdir()
        return folder

    def run_once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return the JSON result of `make`, or raise its error, called once in the whole run."""
        path = self.folder / f"{name}.json"
        with FileLock(self.folder / f"{name}.lock"):
            if not path.exists():
                try:
                    outcome = [make(), None]
                except Exception as error:  # noqa: BLE001 (raised again in each process)
                    outcome = [None, f"{error}"]
                path.write_text(json.dumps(outcome))
        value, error = json.loads(path.read_text())
        assert error is None, error
        return value

    def give(self, kind: str, value: Any) -> None:
        """Put a JSON value into a pool that all processes share."""
        draft = self.folder / f"{kind}-{secrets.token_hex(3)}.draft"
        draft.write_text(json.dumps(value))
        draft.rename(draft.with_suffix(".free"))

    def take(self, kind: str) -> Any:
        """Return a value of a pool, which no other process gets, or None."""
        for entry in self.folder.glob(f"{kind}-*.free"):
            with suppress(FileNotFoundError):  # another process was faster
                return json.loads(entry.rename(entry.with_suffix(".taken")).read_text())
        return None

    def note_end(self) -> None:
        """Count a test that promises no seconds."""
        (self.folder / f"ended-{secrets.token_hex(4)}").touch()

    @contextmanager
    def timed(self, others: int) -> Iterator[None]:
        """Let a test that promises seconds run after the others, beside at most one of its kind."""

        def have_ended() -> bool:
            return len([*self.folder.glob("ended-*")]) >= others

        with suppress(AssertionError):  # the process of another has died
            wait_until(have_ended, "the others end", LONGEST_TEST_SECONDS)
        slot = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % TIMED_AT_ONCE
        with FileLock(self.folder / f"timed-{slot}.lock"):
            yield


def free_port() -> int:
    """Return a port on which nothing listens, and that no other test of the run gets."""
    while True:
        port = random.randrange(20_000, 32_000)  # below the ports that the system chooses
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            (Session.current().folder / f"port-{port}").touch(exist_ok=False)
            return port
