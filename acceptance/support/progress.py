"""What a run is doing right now: one line that a terminal keeps up to date, and that a log gets now and then."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from acceptance.support.run import Run

EVERY = {True: 1, False: 10}  # seconds between two looks, on a terminal and in a log


class Progress:
    """Tells which scenarios and commands run, and how long already, until it is stopped."""

    def __init__(self, config: pytest.Config):
        self._terminal = config.pluginmanager.get_plugin("terminalreporter")
        self._lively = bool(self._terminal.isatty())
        self._run, self._begun = config.run, time.monotonic()
        self._stopped, self._speaking = threading.Event(), threading.Lock()
        threading.Thread(target=self._tell, daemon=True).start()

    def seconds(self) -> float:
        """How long the run has taken so far."""
        return time.monotonic() - self._begun

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Make room on the terminal for lines that are to stay."""
        with self._speaking:
            if self._lively:
                self._terminal.rewrite("", erase=True)
                self._terminal.rewrite("")
            yield

    def stop(self) -> None:
        """Say no more."""
        self._stopped.set()
        with self.silent():
            pass

    def _tell(self) -> None:
        while not self._stopped.wait(EVERY[self._lively]):
            doing = sorted(self._run.doing(), reverse=True)
            what = ", ".join(
                f"{' '.join(text.split())[:60]} ({seconds:.0f} s)" for seconds, text in doing
            )
            line = f"{self.seconds():5.0f} s  … {what or 'starting'}"
            with self._speaking:
                if self._stopped.is_set():
                    return
                if self._lively:
                    self._terminal.rewrite(
                        line[: shutil.get_terminal_size().columns - 1], erase=True
                    )
                else:
                    self._terminal.write_line(line[:160])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the others know what this process works on."""
    Run.current().join(doing=dict(item.user_properties)["requirement"])


def pytest_runtest_teardown() -> None:
    """Let the others know that it works on nothing."""
    Run.current().join()
