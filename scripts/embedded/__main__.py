"""Start the local stack without Docker: the services of docker-compose.yml as plain
processes, and the page. Settings come from the shell and .env, as for docker compose.

Ctrl-C stops everything (exit code 0, or 1 before all was healthy).
A changed *.py file restarts the services built from it.
kill -USR1 <pid of dev.sh> starts every service that has exited.
Data, logs and state (logs/SERVICE.log, state.json) are in .dev/.
"""

import argparse
import asyncio
import fcntl
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress

import psutil

from embedded import compose_file, reaper
from embedded.compose_file import STATE, STATE_FILE, Service
from embedded.supervisor import Supervisor


def main() -> bool:
    """Run dev.sh; return whether everything was healthy. Raises SystemExit with the reason when it is refused."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("./scripts/dev.sh", description=__doc__, formatter_class=raw)
    parser.add_argument(
        "--fresh", action="store_true", help="remove the data of earlier runs first"
    )
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="these alone; default: all")
    options = parser.parse_args()
    try:
        services = compose_file.load()
        services["frontend"] = compose_file.page(services.get("api"))
        if unknown := set(options.services) - services.keys():
            sys.exit(f"dev.sh: no service {', '.join(unknown)}, there are {', '.join(services)}")
        chosen = {name: services[name] for name in options.services or services}
        if "frontend" in chosen and not shutil.which("npm"):
            sys.exit(
                "dev.sh: found no npm; needed: Node with npm, for the page (or name services without it)"
            )
        STATE.mkdir(exist_ok=True)
        with (STATE / "lock").open("w") as lock:
            _take(lock.fileno())
            _check_ports(chosen.values())
            _clean(options.fresh)
            watchman = [sys.executable, "-I", reaper.__file__, STATE_FILE]
            with subprocess.Popen(
                watchman, stdin=subprocess.PIPE, pass_fds=[lock.fileno()], start_new_session=True
            ):
                return asyncio.run(Supervisor(chosen).run())
    except OSError as error:
        sys.exit(f"dev.sh: {error}")


def _take(lock: int) -> None:
    """Lock the tree for this run, within 5 s: a killed one may be ending. Raises SystemExit with who has it."""
    for _ in range(50):
        with suppress(BlockingIOError):
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.1)
    sys.exit(
        f"dev.sh: already running here as pid {json.loads(STATE_FILE.read_text())['pid']}: Ctrl-C there stops it"
    )


def _check_ports(services: Iterable[Service]) -> None:
    """Raise SystemExit when a port is taken, or wanted twice, with who holds it, and what to do."""
    with ExitStack() as taken:
        for service, port in [(each, port) for each in services for port in each.ports.values()]:
            try:
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
            except (OSError, OverflowError) as error:
                reason, holder = error.args[-1].partition(" (while")[0], ""
                with suppress(psutil.Error):  # not everybody may ask
                    using = [
                        each
                        for each in psutil.net_connections("tcp")
                        if each.laddr.port == port and each.pid
                    ]
                    holder = "".join(
                        f" by {psutil.Process(each.pid).name()} (pid {each.pid})"
                        for each in using[:1]
                    )
                sys.exit(
                    f"dev.sh: port {port} for {service.name}: {reason}{holder}: {service.remedy}"
                )


def _clean(fresh: bool) -> None:
    data, old, logs, tmp = (STATE / name for name in ("data", "old", "logs", "tmp"))
    shutil.rmtree(old, ignore_errors=True)
    if fresh and data.exists():
        data.rename(old)  # first: a kill on the way must not leave half a database
    for folder in (old, logs, tmp):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (data, logs, tmp):
        folder.mkdir(exist_ok=True)
    STATE_FILE.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(not main())
