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

# programs, certificates, proxies and package mirrors of the developer; nothing that could steer
# compose, git, Python, Node or the services
NEEDED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TZ|LANG|LC_\w+|TMPDIR|XDG_(RUNTIME|CONFIG|CACHE)_\w+|SSH_AUTH_SOCK|"
    r"DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY)|(HTTPS?|NO|ALL)_PROXY|\w+_CA_(BUNDLE|CERTS)|"
    r"SSL_CERT_\w+|UV_DEFAULT_INDEX|PIP_(CERT|CONFIG_FILE|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|TRUSTED_HOST|DEFAULT_TIMEOUT)|NPM_CONFIG_REGISTRY",
    re.IGNORECASE,
)
# plain text, and quick installs: no compiled modules, no questions about cached packages
SETTINGS = {"NO_COLOR": "1", "PIP_COMPILE": "0", "npm_config_prefer_offline": "true"}
Env = Mapping[str, str]


class Result(NamedTuple):
    """A command that has ended, with both of its streams in order."""

    command: str
    exit_code: int
    output: str

    def __str__(self) -> str:
        return f"$ {self.command}\n{self.output.strip()}\n(exit code {self.exit_code})"

    __repr__ = __str__  # for failed assertions

    def checked(self) -> "Result":
        """Return the result. Raises AssertionError with the transcript when it failed."""
        assert self.exit_code == 0, str(self)
        return self


def run_command(
    command: str | list[str],
    folder: Path,
    *,
    timeout: float = 180,
    env: Env | None = None,
    stdin: str = "",
    stdout_only: bool = False,
) -> Result:
    """Run a command (a string is bash) in a folder, with extra variables.

    After `timeout` seconds it is killed with its children, with exit code 124. With `stdout_only`,
    the output of a command that succeeds lacks stderr, on which docker prints warnings.
    """
    bash = ["bash", "-euo", "pipefail", "-c"]
    argv = [*bash, command] if isinstance(command, str) else command
    text = command if isinstance(command, str) else shlex.join(command)
    streams = {
        "stdin": subprocess.PIPE if stdin else subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE if stdout_only else subprocess.STDOUT,
    }
    process = _start(argv, folder, env, **streams)
    try:
        output, warnings = process.communicate(stdin or None, timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, warnings = process.communicate()
        output, code = f"{output}\n(killed after {timeout:.0f} s)", 124
    Session.current().unregister(process.pid)
    result = Result(text, code, output + (warnings or ""))
    attach(f"$ {text}", str(result))
    return result._replace(output=output) if code == 0 else result


def start_process(
    argv: list[str], folder: Path, env: Env | None, log: Path
) -> subprocess.Popen[str]:
    """Start a program in the background, with its output in a log."""
    with log.open("w") as output:
        streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
        return _start(argv, folder, env, **streams)


def _start(argv: list[str], folder: Path, env: Env | None, **streams: Any) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if NEEDED.fullmatch(name)}
    variables = clean | SETTINGS | dict(env or {})
    process: subprocess.Popen[str] = subprocess.Popen(
        argv,
        cwd=folder,
        env=variables,
        start_new_session=True,
        text=True,
        errors="replace",
        **streams,
    )
    Session.current().register(process.pid)
    return process
