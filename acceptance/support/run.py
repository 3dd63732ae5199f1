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

import psutil
from filelock import FileLock

ROOT = Path(__file__).parents[2]  # the tree under test
PREFIX = "ia-crm-acceptance-"
MEMORY = "/dev/shm"  # where Linux keeps files in memory
ROOM = 4 << 30  # bytes: three times what a run takes, which is mostly installed packages
_FOLDER_VARIABLE = "ACCEPTANCE_RUN_FOLDER"


class Run:
    """One run of the suite: its folder, which is also the name of everything that it starts."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.name = folder.name

    @classmethod
    def begin(cls) -> "Run":
        """Make the folder, and a reaper that cleans up when this process ends, however it ends."""
        run = cls(
            Path(_place(), PREFIX + secrets.token_hex(4))
        )  # hexadecimal: image names forbid "-_"
        run.folder.mkdir(mode=0o700)
        os.environ[_FOLDER_VARIABLE] = str(run.folder)
        read_end, run._write_end = os.pipe()
        run._reaper = subprocess.Popen(
            [sys.executable, "-m", "acceptance.support.reaper", str(run.folder)],
            stdin=read_end,
            cwd=ROOT,
            start_new_session=True,
        )
        os.close(read_end)
        run.join()
        return run

    @classmethod
    def current(cls) -> "Run":
        """The run that this process, or the one that started it, has begun."""
        return cls(Path(os.environ[_FOLDER_VARIABLE]))

    def join(self, process: int | None = None, doing: str = "") -> None:
        """Let the reaper end this process, or that one, too; and the progress tell what it does."""
        (self.folder / f"process-{process or os.getpid()}").write_text(doing)

    def doing(self) -> list[tuple[float, str]]:
        """What the processes of the run are doing, and for how many seconds."""
        found = []
        for path in self.folder.glob("process-*"):
            with suppress(FileNotFoundError):  # it has left meanwhile
                if text := path.read_text():
                    found.append((time.time() - path.stat().st_mtime, text))
        return found

    def leave(self, process: int) -> None:
        """Let the reaper forget a process that has ended, or wants to live on."""
        (self.folder / f"process-{process}").unlink()

    def end(self) -> None:
        """Clean up: stop and remove all that the run has started, and wait for that."""
        self.leave(os.getpid())
        os.close(self._write_end)
        self._reaper.wait()
        os.environ.pop(_FOLDER_VARIABLE)

    def new_folder(self, label: str) -> Path:
        """An empty folder with a name of its own."""
        folder = self.folder / f"{label}-{secrets.token_hex(3)}"
        folder.mkdir()
        return folder

    def once(self, name: str, make: Callable[[], dict]) -> dict:
        """The result of `make`, called by whichever process asks first; the others wait for it.

        A failure is kept too: everybody who asks gets AssertionError with its words.
        """
        result = self.folder / f"{name}.json"
        with FileLock(self.folder / f"{name}.lock"):
            if not result.exists():
                try:
                    answer = {"value": make()}
                except Exception as error:
                    answer = {"error": f"{error}"}
                result.write_text(json.dumps(answer))
        answer = json.loads(result.read_text())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]


def _place() -> str:
    """Where runs have their folders: in memory, when there is room and TMPDIR names no other place.

    On a disk the 40,000 files of a run cost a tenth of its time, and twice that when the last run has just removed
    its own: ext4 does not use an inode again for five minutes, and looks at every such one.
    """
    if "TMPDIR" not in os.environ and os.path.isdir(MEMORY):
        room = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
        if room > ROOM and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
            return MEMORY
    return tempfile.gettempdir()


_reserved: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody listens on, below the range from which systems choose by themselves.

    Until this process ends, no other process of any run of the suite gets the same.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        reservation = socket.socket(
            type=socket.SOCK_DGRAM
        )  # UDP: a lock on the number that leaves TCP alone
        try:
            reservation.bind(("127.0.0.1", port))
            with socket.create_server(("127.0.0.1", port)):
                pass
        except OSError:
            reservation.close()
            continue
        _reserved.append(reservation)
        return port
