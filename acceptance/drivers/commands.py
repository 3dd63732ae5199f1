"""Running a command as a person would, with a transcript of it kept as evidence."""

import os
import shlex
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from acceptance.support import evidence
from acceptance.support.run import Run


@dataclass(frozen=True, repr=False)
class Result:
    """A command that has ended: its text, exit code, and what it wrote (both streams, in order)."""

    command: str
    exit_code: int
    output: str

    def __str__(self) -> str:
        return f"$ {self.command}\n{self.output.strip()}\n(exit code {self.exit_code})"

    __repr__ = __str__  # what a failed assertion shows

    def to_json(self) -> dict:
        """The same as a dictionary, for `Result(**...)` in another process."""
        return self.__dict__


def run(command: str | list[str], folder: Path, timeout: float = 180, **variables: str) -> Result:
    """Run a command (a string is bash) in a folder, with the developer's own settings taken away.

    A command that has not ended after `timeout` seconds is killed with all that it started, and
    its result has the exit code 124.
    """
    argv = ["bash", "-euo", "pipefail", "-c", command] if isinstance(command, str) else command
    text = command if isinstance(command, str) else shlex.join(command)
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=environment() | variables,
        start_new_session=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    Run.current().join(process.pid, text)
    try:
        output, code = process.communicate(timeout=timeout)[0], process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, code = process.communicate()[0] + f"\n(killed after {timeout:.0f} s)", 124
    Run.current().leave(process.pid)
    result = Result(text, code, output)
    evidence.attach(f"$ {text}", str(result))
    return result


def environment() -> dict[str, str]:
    """This process's environment without what would steer compose, the services, Python or pytest.

    The variables are those that docker-compose.yml and the settings know. Only pip and npm are told to save
    time: Python compiles a module when it is first imported, and npm asks for no news of packages that it has.
    """
    own = {
        "POSTGRES_DB",
        "POSTGRES_USER",
        "POSTGRES_PASSWORD",
        "POSTGRES_PORT",
        "REDIS_PORT",
        "API_PORT",
        "ENVIRONMENT",
        "DATABASE_URL",
        "REDIS_URL",
        "CORS_ORIGINS",
        "VITE_API_BASE_URL",
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONDONTWRITEBYTECODE",
        "CI",
        "NODE_ENV",
        "FORCE_COLOR",
    }
    prefixes = ("GIT_", "COMPOSE_", "PYTEST_", "ACCEPTANCE_", "npm_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in own and not name.startswith(prefixes)
    }
    return kept | {"PIP_COMPILE": "0", "npm_config_prefer_offline": "true"}
