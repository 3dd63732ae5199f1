"""What one run of the suite shares between its processes: a folder, names, ports, results."""

import json
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock

ROOT = Path(__file__).parents[2]  # the tree under test
PREFIX = "ia-crm-acceptance-"
SHM = Path("/dev/shm")  # where Linux keeps files in memory
MIN_FREE_BYTES = 4 << 30  # three times what a run takes, which is mostly installed packages
FOLDER_VARIABLE = "ACCEPTANCE_SESSION_FOLDER"


class Session:
    """One run of the suite: its folder, whose name begins the names of all that it starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self._reaper: subprocess.Popen[bytes] | None = None

    @classmethod
    def begin(cls) -> "Session":
        """Make the folder, and a reaper that cleans up when this process ends, however it ends."""
        session = cls(_base_folder() / f"{PREFIX}{secrets.token_hex(4)}")  # images forbid "-_"
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
        """Return the session that this process, or the one that started it, has begun."""
        return cls(Path(os.environ[FOLDER_VARIABLE]))

    def end(self, keep: bool = False) -> None:
        """Clean up: stop and remove all that the run has started, and wait for that; or keep it."""
        assert self._reaper and self._reaper.stdin
        self.unregister(os.getpid())
        self._reaper.stdin.write(b"keep" * keep)
        self._reaper.stdin.close()
        self._reaper.wait()
        os.environ.pop(FOLDER_VARIABLE)

    def register(self, process: int, activity: str = "") -> None:
        """Let the reaper end a process too; `activity` is what the progress line says of it."""
        (self.folder / f"process-{process}").write_text(activity)

    def unregister(self, process: int) -> None:
        """Let the reaper forget a process that has ended."""
        (self.folder / f"process-{process}").unlink()

    def activities(self) -> list[tuple[float, str]]:
        """Return what the processes of the run are doing, and for how many seconds."""
        found = []
        for path in self.folder.glob("process-*"):
            with suppress(FileNotFoundError):  # it has ended meanwhile
                if text := path.read_text():
                    found.append((time.time() - path.stat().st_mtime, text))
        return found

    def register_project(self, name: str) -> None:
        """Let the reaper remove a compose project."""
        (self.folder / f"project-{name}").touch()

    def unregister_project(self, name: str) -> None:
        """Let the reaper forget a compose project that is removed."""
        (self.folder / f"project-{name}").unlink(missing_ok=True)

    def new_folder(self, label: str) -> Path:
        """Return an empty folder with a name of its own."""
        folder = self.folder / f"{label}-{secrets.token_hex(3)}"
        folder.mkdir()
        return folder

    def run_once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return the result of `make`, called by whichever process asks first; it must be JSON.

        A failure is kept too. Raises AssertionError with its words for everybody who asks.
        """
        path = self.folder / f"{name}.json"
        with FileLock(self.folder / f"{name}.lock"):
            if not path.exists():
                try:
                    outcome = {"value": make()}
                except Exception as error:  # noqa: BLE001 (told to everybody who asks)
                    outcome = {"error": f"{error}"}
                path.write_text(json.dumps(outcome))
        outcome = json.loads(path.read_text())
        if "error" in outcome:
            raise AssertionError(outcome["error"])
        return outcome["value"]


def _base_folder() -> Path:
    """Return /dev/shm when it has room and TMPDIR is not set, else the usual temporary folder.

    The 40,000 files of a run cost a tenth of its time on a disk (measured on ext4).
    """
    if "TMPDIR" not in os.environ and SHM.is_dir():
        free = min(shutil.disk_usage(SHM).free, psutil.virtual_memory().available)
        if free > MIN_FREE_BYTES and not os.statvfs(SHM).f_flag & os.ST_NOEXEC:
            return SHM
    return Path(tempfile.gettempdir())


_reservations: list[socket.socket] = []


def free_port() -> int:
    """Return a port on which nobody listens, below the range from which systems choose.

    Until this process ends, no other process of any run of the suite gets the same.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        reservation = socket.socket(type=socket.SOCK_DGRAM)  # UDP: locks the number, not TCP
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            reservation.bind(("127.0.0.1", port))
            _reservations.append(reservation)
            return port
