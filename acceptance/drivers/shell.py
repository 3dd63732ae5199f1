"""Running a command as a person would, with a transcript of it kept as an attachment."""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from acceptance.support import attachments
from acceptance.support.session import Session

# what programs need to find each other, the person's certificates, proxies and package mirrors;
# nothing that could steer compose, git, Python, Node or the services
NEEDED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TZ|LANG|LC_\w+|TMPDIR|XDG_(RUNTIME|CONFIG|CACHE)_\w+|SSH_AUTH_SOCK|"
    r"DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY)|(HTTPS?|NO|ALL)_PROXY|\w+_CA_(BUNDLE|CERTS)|"
    r"SSL_CERT_\w+|UV_DEFAULT_INDEX|PIP_(CERT|CONFIG_FILE|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|TRUSTED_HOST|DEFAULT_TIMEOUT)|NPM_CONFIG_REGISTRY",
    re.IGNORECASE,
)
Env = Mapping[str, str]
# plain text, and quick installs: no compiled modules, no questions about cached packages
SETTINGS = {"NO_COLOR": "1", "PIP_COMPILE": "0", "npm_config_prefer_offline": "true"}


class Result(NamedTuple):
    """A command that has ended: its text, exit code, and what it printed (both streams, in order)."""

    command: str
    exit_code: int
    output: str

    def __str__(self) -> str:
        return f"$ {self.command}\n{self.output.strip()}\n(exit code {self.exit_code})"

    __repr__ = __str__  # what a failed assertion shows

    def checked(self) -> "Result":
        """Return the result itself. Raises AssertionError with the transcript when it failed."""
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
    """Run a command (a string is bash) in a folder, in a clean environment with the extra variables.

    After `timeout` seconds it is killed with all that it has started; the exit code is then 124.
    With `stdout_only`, stderr is no part of the output when the command succeeds: docker warns there.
    """
    argv = command
    if isinstance(command, str):
        argv = ["bash", "-euo", "pipefail", "-c", command]
    text = command if isinstance(command, str) else shlex.join(command)
    stderr = subprocess.PIPE if stdout_only else subprocess.STDOUT
    process = start_process(
        argv,
        folder,
        env,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
    )
    try:
        output, warnings = process.communicate(stdin or None, timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, warnings = process.communicate()
        output, code = f"{output}\n(killed after {timeout:.0f} s)", 124
    Session.current().unregister(process.pid)
    result = Result(text, code, output + (warnings or ""))
    attachments.attach(f"$ {text}", str(result))
    return result._replace(output=output) if code == 0 else result


def clean_environment() -> dict[str, str]:
    """Return what a program needs of this process's variables."""
    kept = {name: value for name, value in os.environ.items() if NEEDED.fullmatch(name)}
    return kept | SETTINGS


def start_process(
    argv: str | list[str],
    folder: Path,
    env: Env | None = None,
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: Any,
    stderr: int = subprocess.STDOUT,
) -> subprocess.Popen[str]:
    """Start a program, in a clean environment and a group of its own, that the reaper ends."""
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=clean_environment() | dict(env or {}),
        start_new_session=True,
        text=True,
        errors="replace",
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )
    Session.current().register(process.pid)
    return process
