"""Git for the suite's own work: it knows nothing of the variables and the configuration of the person who runs it.

Git gives its hooks GIT_DIR and GIT_INDEX_FILE, which beat the working folder: with them, a command that is meant
for a copy of the project would change the developer's own repository.
"""

import os
import subprocess
from pathlib import Path

SETTINGS = {
    "safe.directory": "*",  # counts only here and in the global configuration (git-config)
    "core.fsmonitor": "false",
    "init.templateDir": "",
    "user.name": "acceptance",
    "user.email": "acceptance@localhost",
}
NO_CONFIGURATION = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "XDG_CONFIG_HOME": os.devnull,  # where ignore and attributes files are looked for
}


def git(folder: Path, *arguments: str, exit_codes: tuple[int, ...] = (0,)) -> str:
    """Run git in a folder and return its stdout. Raises RuntimeError, with its stderr, at any other exit code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    done = subprocess.run(
        ["git", *settings, *arguments],
        cwd=folder,
        env=kept | NO_CONFIGURATION,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in exit_codes:
        raise RuntimeError(f"git {arguments[0]} in {folder.name}: {done.stderr.strip()}")
    return done.stdout


def commit_all(folder: Path) -> None:
    """Make a git checkout of a folder, with all its files committed."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
