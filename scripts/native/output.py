"""Print what the services write to their logs, and what dev.sh has to say."""

import os
import sys
from collections.abc import Collection
from contextlib import suppress

from native import LOGS_DIR

MAX_BYTES_AT_ONCE = 1 << 20  # not endlessly, however much a service writes


class Output:
    """Follows the log files of services, each line with the name of its service before it."""

    def __init__(self, names: Collection[str]) -> None:
        self._logs = {name: (LOGS_DIR / f"{name}.log").open("w+b") for name in names}
        width = max(map(len, names))
        color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        template = "\033[{}m{}\033[0m" if color else "{1}"
        self._prefixes = {
            name: template.format(36 - i % 6, f"{name:{width}} |")
            for i, name in enumerate(["dev", *names])
        }

    def say(self, text: str) -> None:
        """Print a line of dev.sh's own, after what the services have written until now."""
        self.print_logs()
        self._print("dev", text)

    def print_logs(self) -> None:
        """Print the lines that the services have written since the last call."""
        for name, log in self._logs.items():
            for line in log.readlines(MAX_BYTES_AT_ONCE):
                if line.endswith(b"\n"):
                    self._print(name, line.decode(errors="replace").rstrip())
                else:
                    log.seek(-len(line), os.SEEK_CUR)  # until the rest of it is there

    def _print(self, name: str, text: str) -> None:
        with suppress(OSError):  # stdout may be closed; the log files hold it all
            os.write(1, f"{self._prefixes[name]} {text}\n".encode())
