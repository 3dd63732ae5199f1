"""Commands, run in a clean environment, with their transcripts as attachments."""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from acceptance.support.attachments import attach
from acceptance.support.session import Session

# of the developer; nothing that could steer compose, git, Python, Node or the services
NEEDED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TZ|LANG|LC_\w+|TMPDIR|XDG_(RUNTIME|CONFIG|CACHE)_\w+|SSH_AUTH_SOCK|"
    r"DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY)|(HTTPS?|NO|ALL)_PROXY|\w+_CA_(BUNDLE|CERTS)|"
    r"SSL_CERT_\w+|UV_DEFAULT_INDEX|PIP_(CERT|CONFIG_FILE|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|TRUSTED_HOST|DEFAULT_TIMEOUT)|NPM_CONFIG_REGISTRY",
    re.IGNORECASE,
)
# plain text, and quick installs: no compiled modules, no questions about cached packages
SETTINGS = {"NO_COLOR": "1", "PIP_COMPILE": "0", "npm_config_prefer_offline": "true"}
Env = Mapping[str, str]
Process = subprocess.Popen[str]


class Result(NamedTuple):
    """A command that has ended, with both of its streams in order."""

    command: str
    exit_code: int
    output: str

    def __str__(self) -> str:
        cause = self.output.strip().rpartition("\n")[2]
        return f"{cause} (exit code {self.exit_code})\n$ {self.command}\n{self.output.strip()}"

    __repr__ = __str__  # for failed assertions

    def checked(self) -> "Result":
        """Return the result. Raises AssertionError with the transcript when it failed."""
        assert self.exit_code == 0, str(self)
        return self


def run_command(
    command: str | list[str],
    folder: Path,
    *,
    timeout: float = 400,
    env: Env | None = None,
    stdin: str = "",
) -> Result:
    """Run a command (a string is bash) in a folder; exit code 124 says that it was killed."""
    argv = ["bash", "-euo", "pipefail", "-c", command] if isinstance(command, str) else command
    process = _start(argv, folder, env, subprocess.PIPE, subprocess.PIPE)
    try:
        output, _ = process.communicate(stdin, timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, code = f"{process.communicate()[0]}\n(killed after {timeout:.0f} s)", 124
    Session.current().unregister(f"process-{process.pid}")
    result = Result(command if isinstance(command, str) else shlex.join(command), code, output)
    attach(f"$ {result.command}", str(result))
    return result


def start_process(argv: list[str], folder: Path, env: Env | None, log: Path) -> Process:
    """Start a program in the background, with its output in a log."""
    with log.open("w") as output:
        return _start(argv, folder, env, subprocess.DEVNULL, output)


def _start(argv: list[str], folder: Path, env: Env | None, stdin: int, stdout: Any) -> Process:
    clean = {name: value for name, value in os.environ.items() if NEEDED.fullmatch(name)}
    variables = clean | SETTINGS | dict(env or {})
    streams = {"stdin": stdin, "stdout": stdout, "stderr": subprocess.STDOUT}
    options = {"start_new_session": True, "text": True, "errors": "replace"}
    process = subprocess.Popen(argv, cwd=folder, env=variables, **streams, **options)
    Session.current().register(f"process-{process.pid}")
    return process
