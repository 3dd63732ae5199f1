"""Start the local stack without Docker: the services of docker-compose.yml, and the page.

Settings come from the shell and .env. Ctrl-C stops everything. Data and logs are in .dev/.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys

from native import COMPOSE_FILE, STATE_DIR, STATE_FILE, reaper
from native.compose_file import ServiceSpec, load, select
from native.env_file import ComposeFileError
from native.ports import taken_ports
from native.supervisor import Supervisor
from native.translate import frontend, translate


def main() -> bool:
    """Run dev.sh; return whether everything was healthy."""
    parser = argparse.ArgumentParser("./scripts/dev.sh", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="remove the data of earlier runs")
    parser.add_argument("--no-deps", action="store_true", help="without what SERVICE depends on")
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="default: all")
    options = parser.parse_args()
    try:
        specs = plan(options.services, options.no_deps)
        STATE_DIR.mkdir(exist_ok=True)
        with (STATE_DIR / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # also while the reaper of a killed run is at work
                print(
                    "dev.sh: already running in this folder. Waiting until it ends, Ctrl-C gives up.",
                    flush=True,
                )
                fcntl.flock(lock, fcntl.LOCK_EX)
            if errors := taken_ports(specs.values()):
                raise ComposeFileError("\n".join(errors))
            clean(options.fresh)
            command = [sys.executable, "-I", reaper.__file__, str(STATE_FILE)]
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, pass_fds=[lock.fileno()], start_new_session=True
            ):
                return Supervisor(specs).run()
    except (ComposeFileError, OSError) as error:
        sys.exit("\n".join(f"dev.sh: {line}" for line in str(error).splitlines()))


def plan(names: list[str], no_deps: bool) -> dict[str, ServiceSpec]:
    """Return the services to run, in the file's order, and print which are skipped."""
    specs = load(COMPOSE_FILE, os.environ)
    specs.setdefault("frontend", frontend(specs))
    planned: dict[str, ServiceSpec] = {}
    for name in select(specs, names, no_deps):
        remedy = "Install Node." if name == "frontend" else "Set its x-native: {command: […]}."
        if specs[name].runner and (name != "frontend" or shutil.which("npm")):
            planned[name] = translate(specs[name], os.environ)
        elif name in names:
            raise ComposeFileError(f"{name} cannot run without Docker. {remedy}")
        else:
            print(f"dev.sh: skipping {name}. {remedy}", flush=True)
    return planned


def clean(fresh: bool) -> None:
    """Make the folders of a run, without the data of earlier runs when `fresh`."""
    if fresh:
        shutil.rmtree(STATE_DIR / "data", ignore_errors=True)
    for folder in ("data", "logs", "tmp"):
        (STATE_DIR / folder).mkdir(exist_ok=True)
    STATE_FILE.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(not main())
