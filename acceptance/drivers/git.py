"""Git without the developer's variables and configuration.

Git gives its hooks GIT_DIR and GIT_INDEX_FILE, which beat the working folder.
"""

import os
import subprocess
from pathlib import Path

SETTINGS = {
    "safe.directory": "*",
    "core.fsmonitor": "false",
    "init.templateDir": "",
    "user.name": "acceptance",
    "user.email": "acceptance@localhost",
}
NO_CONFIGURATION = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "XDG_CONFIG_HOME": os.devnull,  # of ignore and attributes files
}


def git(folder: Path, *arguments: str, exit_codes: tuple[int, ...] = (0,)) -> str:
    """Return the stdout of git in a folder. Raises RuntimeError at any other exit code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command, env = ["git", *settings, *arguments], kept | NO_CONFIGURATION
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in exit_codes:
        raise RuntimeError(f"git {arguments[0]} in {folder.name}: {done.stderr.strip()}")
    return done.stdout


def commit_all(folder: Path) -> None:
    """Make a folder a git checkout, with all its files committed."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
