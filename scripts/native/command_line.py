"""Start the local stack without Docker: the services of docker-compose.yml as plain
processes, and the page. Settings come from the shell and .env, as for docker compose.

Ctrl-C stops everything (exit code 0, or 1 before all was healthy).
A change that develop.watch of docker-compose.yml names restarts its services.
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
from collections.abc import Collection
from contextlib import suppress
from typing import TextIO

from native import COMPOSE_FILE, ROOT, STATE_DIR, STATE_FILE, compose_file, reaper
from native.env_file import ComposeFileError
from native.preflight import other_compose_files, taken_ports
from native.translate import ProcessSpec, frontend, skip_reason, translate

LOCK_TIMEOUT_SECONDS = 5


class Refusal(Exception):
    """Why nothing is started: a line for each reason."""


def main() -> bool:
    """Run dev.sh; return whether everything was healthy. Raises SystemExit when it is refused."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("./scripts/dev.sh", description=__doc__, formatter_class=raw)
    parser.add_argument("--fresh", action="store_true", help="remove earlier runs' data first")
    parser.add_argument("--no-deps", action="store_true", help="without what SERVICE depends on")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="these; default: all")
    options = parser.parse_args()
    try:
        processes, notes, errors = plan(options.services, options.no_deps)
        STATE_DIR.mkdir(exist_ok=True)
        with (STATE_DIR / "lock").open("a+") as lock:
            acquire_lock(lock)
            if errors := [*errors, *taken_ports(processes.values())]:
                raise Refusal("\n".join(errors))
            clean(options.fresh)
            if options.fresh:
                notes.append("the data of earlier runs are removed")
            for line in notes:
                print(f"dev.sh: {line}", flush=True)
            command = [sys.executable, "-I", reaper.__file__, str(STATE_FILE)]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, pass_fds=[lock.fileno()], start_new_session=True
            ):
                from native.supervisor import Supervisor  # slow to load; refusals need none of it

                return asyncio.run(Supervisor(processes).run())
    except (ComposeFileError, Refusal) as error:
        sys.exit("\n".join(f"dev.sh: {line}" for line in str(error).splitlines()))
    except OSError as error:
        where = error.filename or STATE_DIR
        sys.exit(
            f"dev.sh: {where}: {error.strerror}: let {STATE_DIR} be a folder that can be written"
        )


def plan(
    names: Collection[str], no_deps: bool
) -> tuple[dict[str, ProcessSpec], list[str], list[str]]:
    """Return the processes for these services, none meaning all; notes; and why some cannot run.

    Raises ComposeFileError or Refusal when nothing can be said of single services.
    """
    specs = compose_file.load(COMPOSE_FILE, os.environ)
    if unknown := set(names) - specs.keys() - {"frontend"}:
        known = ", ".join(dict.fromkeys([*specs, "frontend"]))
        raise Refusal(f"no service {', '.join(sorted(unknown))}, there are {known}")
    asked = [name for name in names if name in specs]
    selected = compose_file.select(specs, asked, no_deps) if asked or not names else []
    processes: dict[str, ProcessSpec] = {}
    notes = [
        f"{name} is not read here, Docker Compose reads it" for name in other_compose_files(ROOT)
    ]
    errors: list[str] = []
    for name in selected:
        if reason := skip_reason(specs[name]):
            line = f"{name} ({specs[name].image or 'no image'}): {reason}"
            if name in names:
                errors.append(line)
            else:
                notes.append(f"skipping {line}")
            continue
        try:
            processes[name] = translate(specs[name], specs, os.environ)
        except ComposeFileError as error:
            errors.append(str(error))
    if "frontend" not in specs and (not names or "frontend" in names):
        if not shutil.which("npm"):
            page = "for the page (or name services without it)"
            raise Refusal(f"found no npm; needed: Node with npm, {page}")
        processes["frontend"] = frontend(specs.get("api"), os.environ)
    if not processes and not errors:
        raise Refusal("nothing to run: " + "; ".join(notes))
    return processes, notes, errors


def acquire_lock(lock: TextIO) -> None:
    """Lock the tree for this run. Raises Refusal, with who has it, after LOCK_TIMEOUT_SECONDS."""
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while time.monotonic() < deadline:  # the reaper of a killed run may still be at work
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.truncate(0)
            print(os.getpid(), file=lock, flush=True)
            return
        time.sleep(0.1)
    lock.seek(0)
    raise Refusal(f"already running here as pid {lock.read().strip()}: Ctrl-C there stops it")


def clean(fresh: bool) -> None:
    """Remove what earlier runs have left, and their data only when `fresh`."""
    data, old, logs, tmp = (STATE_DIR / name for name in ("data", "old", "logs", "tmp"))
    for folder in (old, logs, tmp):
        shutil.rmtree(folder, ignore_errors=True)
    if fresh and data.exists():
        data.rename(old)  # first: a kill on the way must not leave half a database
    shutil.rmtree(old, ignore_errors=True)
    for folder in (data, logs, tmp):
        folder.mkdir(exist_ok=True)
    STATE_FILE.unlink(missing_ok=True)
