"""Kill and restart services at random while 20 counted tasks a second are sent.

It runs on a copy of the tree, on free ports. In the end every task that was accepted must have run,
every committed row must be there, and every service must be healthy.
"""

import argparse
import os
import random
import signal
import sys
import threading
import time

import psycopg

from acceptance.drivers import data, worker
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.native import NativeStack
from acceptance.drivers.stack import Stack
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import Session
from acceptance.support.waiting import wait_until

RUNTIMES = {stack.runtime: stack for stack in (ComposeStack, NativeStack)}
TASKS_PER_SECOND = 20
PROGRESS_SECONDS = 20
RECOVERY_SECONDS = 15
REST_SECONDS = 10  # between two faults of a service: until then Docker pauses longer after each
END_SECONDS = 90  # for the tasks to end


class Client(threading.Thread):
    """Sends numbered tasks until it is stopped."""

    def __init__(self, redis_port: int) -> None:
        super().__init__(daemon=True)
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{redis_port}/0"
        self.accepted: set[str] = set()
        self.refused = 0
        self.stopped = threading.Event()

    def run(self) -> None:
        from app.worker import celery_app  # reads REDIS_URL

        number = 0
        while not self.stopped.wait(1 / TASKS_PER_SECOND):
            number += 1
            try:
                celery_app.send_task("counted.run", (number, 0.02, 0), ignore_result=True)
                self.accepted.add(str(number))
            except Exception:  # noqa: BLE001 (whatever kind: it was not accepted)
                self.refused += 1


def main() -> bool:
    """Run the command line; return whether nothing was lost and everything came back."""
    parser = argparse.ArgumentParser("./scripts/soak.sh", description=__doc__)
    parser.add_argument("--runtime", choices=RUNTIMES, default="native")
    parser.add_argument("--faults", type=int, default=300, help="default: 300, 20 minutes")
    parser.add_argument("--seed", type=int, default=random.randrange(1000))
    options = parser.parse_args()
    session = Session.begin()
    stack = RUNTIMES[options.runtime](Workspace.copy("soak", "counted-tasks"))
    try:
        print(f"seed {options.seed}; starting", flush=True)
        stack.start()
        return soak(stack, options.faults, random.Random(options.seed))
    finally:
        stack.remove()
        session.end()


def soak(stack: Stack, faults: int, chance: random.Random) -> bool:
    """Do the faults, print what was counted, and return whether all is well."""
    client = Client(stack.port("redis"))
    client.start()
    data.query(stack.port("postgres"), "create table kept (n int)")
    rows, slowest, began, told = 0, ("", 0.0), time.monotonic(), time.monotonic()
    rested = dict.fromkeys(stack.services(), began)
    for done in range(faults):
        service = chance.choice(sorted(rested, key=rested.__getitem__)[:2])
        time.sleep(max(0, rested[service] + REST_SECONDS - time.monotonic()))
        how, start = chance.choice(["killed", "restarted"]), time.monotonic()
        if how == "killed":
            stack.send_signal(service, signal.SIGKILL)
        else:
            stack.stop_service(service)
            start = time.monotonic()
            stack.start_service(service)
        what = f"{service}, {how}, is healthy again"
        wait_until(lambda s=service: stack.health(s) == "healthy", RECOVERY_SECONDS, what)
        rested[service] = time.monotonic()
        slowest = max(slowest, (what, rested[service] - start), key=lambda pair: pair[1])
        with psycopg.connect(
            host="127.0.0.1",
            port=stack.port("postgres"),
            user="postgres",
            password="postgres",
            dbname="ia_crm",
        ) as connection:
            connection.execute("insert into kept values (%s)", [done])
        rows += 1
        if time.monotonic() - told > PROGRESS_SECONDS:
            told = time.monotonic()
            count = f"{len(client.accepted)} tasks accepted, {client.refused} refused"
            print(f"{told - began:5.0f} s  {done + 1} faults, {count}", flush=True)
    client.stopped.set()
    client.join()

    def lost() -> set[str]:
        return client.accepted - worker.counts(stack, "ran").keys()

    end = time.monotonic() + END_SECONDS
    while lost() and time.monotonic() < end:
        time.sleep(1)
    runs = worker.counts(stack, "ran")
    kept = data.query(stack.port("postgres"), "select count(*) from kept")[0][0]
    health = {name: stack.health(name) for name in stack.services()}
    print(f"{faults} faults; slowest recovery {slowest[1]:.1f} s ({slowest[0]})")
    print(
        f"{len(client.accepted)} tasks accepted, {client.refused} refused; {len(lost())} lost: {sorted(lost())}"
    )
    print(
        f"{sum(n > 1 for n in runs.values())} ran more than once; rows {kept} of {rows}; {health}"
    )
    return not lost() and kept == rows and set(health.values()) == {"healthy"}


if __name__ == "__main__":
    sys.exit(not main())
