"""Git without the developer's configuration, and without the variables that git gives its hooks."""

import os
import subprocess
from pathlib import Path

SETTINGS = ("safe.directory=*", "user.name=acceptance", "user.email=acceptance@localhost")
NO_CONFIGURATION = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "XDG_CONFIG_HOME": os.devnull,  # of ignore and attributes files
}


def git(folder: Path, *arguments: str) -> str:
    """Return the stdout of git in a folder. Raises RuntimeError when it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", *(word for each in SETTINGS for word in ("-c", each)), *arguments]
    env = kept | NO_CONFIGURATION
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"git {arguments[0]} in {folder.name}: {done.stderr.strip()}")
    return done.stdout


def commit_all(folder: Path) -> None:
    """Make a folder a git checkout, with all its files committed."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
