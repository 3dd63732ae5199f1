"""Start the local stack without Docker: the services of docker-compose.yml as plain
processes, and the page. Settings come from the shell and .env, as for docker compose.

Ctrl-C stops everything (exit code 0, or 1 before all was healthy).
An edit of a path in develop.watch of docker-compose.yml restarts its services.
Data, logs and state (logs/SERVICE.log, state.json) are in .dev/.
"""

import argparse
import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from typing import TextIO

from native import COMPOSE_FILE, LOGS_DIR, ROOT, STATE_DIR, STATE_FILE, reaper
from native.compose_file import ServiceSpec, load, select
from native.env_file import ComposeFileError
from native.ports import taken_ports
from native.supervisor import Supervisor
from native.translate import frontend, translate

LOCK_ATTEMPTS = 50


def main() -> bool:
    """Run dev.sh; return whether everything was healthy."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("./scripts/dev.sh", description=__doc__, formatter_class=raw)
    parser.add_argument("--fresh", action="store_true", help="remove the data of earlier runs")
    parser.add_argument("--no-deps", action="store_true", help="without what SERVICE depends on")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="default: all")
    options = parser.parse_args()
    try:
        specs = plan(options.services, options.no_deps)
        STATE_DIR.mkdir(exist_ok=True)
        with (STATE_DIR / "lock").open("a+") as lock:
            acquire_lock(lock)
            if errors := taken_ports(specs.values()):
                raise ComposeFileError("\n".join(errors))
            clean(options.fresh)
            command = [sys.executable, "-I", reaper.__file__, str(STATE_FILE)]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, pass_fds=[lock.fileno()], start_new_session=True
            ):
                return asyncio.run(Supervisor(specs).run())
    except ComposeFileError as error:
        sys.exit("\n".join(f"dev.sh: {line}" for line in str(error).splitlines()))
    except OSError as error:
        sys.exit(f"dev.sh: {error.filename or STATE_DIR}: {error.strerror}")


def plan(names: list[str], no_deps: bool) -> dict[str, ServiceSpec]:
    """Return the services to run, in the file's order, and print which are skipped."""
    for path in ROOT.glob("*compose*.y*ml"):
        if path != COMPOSE_FILE:
            print(f"dev.sh: {path.name} is not read without Docker")
    specs = load(COMPOSE_FILE, os.environ)
    specs.setdefault("frontend", frontend(specs))
    planned: dict[str, ServiceSpec] = {}
    for name in select(specs, names, no_deps):
        reason = ""
        if not specs[name].runner:
            reason = f"x-native in {COMPOSE_FILE.name} does not say how to run {specs[name].image}"
        elif name == "frontend" and not shutil.which("npm"):
            reason = "npm was not found. Install Node."
        if reason and name in names:
            raise ComposeFileError(f"{name} cannot run without Docker: {reason}")
        if reason:
            print(f"dev.sh: skipping {name}: {reason}", flush=True)
        else:
            planned[name] = translate(specs[name], specs, os.environ)
    if not planned:
        raise ComposeFileError("no service to run")
    return planned


def acquire_lock(lock: TextIO) -> None:
    """Lock the tree for this run."""
    for _ in range(LOCK_ATTEMPTS):  # the reaper of a killed run may still be at work
        with suppress(BlockingIOError):
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.1)
    raise ComposeFileError("already running in this folder. Stop it with Ctrl-C there.")


def clean(fresh: bool) -> None:
    """Remove the logs of earlier runs, and their data when `fresh`."""
    data, tmp = STATE_DIR / "data", STATE_DIR / "tmp"
    for folder in [LOGS_DIR, tmp, *([data] if fresh else [])]:
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (LOGS_DIR, tmp, data):
        folder.mkdir(exist_ok=True)
    STATE_FILE.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(not main())
