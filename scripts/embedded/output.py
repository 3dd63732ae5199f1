"""What the developer reads: one terminal for all services, one log file for each."""

import asyncio
import collections
import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

COLOURS = (36, 33, 32, 35, 34)  # ANSI: cyan, yellow, green, magenta, blue
LONGEST = 1 << 16  # bytes of a line before it is broken


class Console:
    """Prints lines with the name of their service before them."""

    def __init__(self, names: list[str]) -> None:
        self._colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
        self._plain = not sys.stdout.isatty() or bool(os.environ.get("NO_COLOR"))
        self._width = max(map(len, names))
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        # a terminal that is paused, or a pipe that nobody reads, must not stop the orchestrator
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def line(self, name: str, text: str) -> None:
        """Print a line of `name`: a service, or "dev" for what dev.sh itself says."""
        prefix = f"{name:{self._width}} |"
        if not self._plain:
            prefix = f"\033[{self._colours.get(name, 1)}m{prefix}\033[0m"
        self._lines.put(f"{prefix} {text}\n".encode())

    def close(self) -> None:
        """Wait until everything is printed, for half a second at most."""
        self._lines.put(None)
        self._thread.join(timeout=0.5)

    def _write(self) -> None:
        while line := self._lines.get():
            with suppress(OSError):  # nobody reads any more; the log files hold it all
                while line:
                    line = line[os.write(1, line):]


class Log:
    """Takes a service's output: as it is into a file, line by line to the console once it is shown."""

    def __init__(self, name: str, file: Path, console: Console) -> None:
        self.shown = False
        self.tail: collections.deque[str] = collections.deque(maxlen=15)
        self._name, self._console, self._partial = name, console, b""
        self._file = file.open("wb", buffering=0)

    @contextmanager
    def pipe(self) -> Iterator[int]:
        """Yield a file descriptor to write to; when the block ends, what was written is taken in."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        asyncio.get_running_loop().add_reader(reader, self._take, reader)
        try:
            yield writer
        finally:
            while self._take(reader):
                pass
            if self._partial:
                self.write(b"\n")
            asyncio.get_running_loop().remove_reader(reader)
            os.close(reader)
            os.close(writer)

    def write(self, chunk: bytes) -> None:
        """Take in a piece of output; lines need not be whole."""
        self._file.write(chunk)
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        if len(self._partial) > LONGEST:
            lines, self._partial = [*lines, self._partial], b""
        for line in lines:
            text = line.decode(errors="replace").rstrip("\r")
            self.tail.append(text)
            if self.shown:
                self._console.line(self._name, text)

    def _take(self, reader: int) -> bool:
        try:
            self.write(os.read(reader, 1 << 16))
        except BlockingIOError:
            return False
        return True
