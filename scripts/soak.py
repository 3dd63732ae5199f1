"""Kill and restart services at random while 20 counted tasks a second are sent.

It runs on a copy of the tree, on free ports. In the end every task that was accepted must have run,
but for one that was on its way at each fault of Redis or the worker (README.md, Tasks); every committed
row must be there, and every service must be healthy.
"""

import argparse
import os
import random
import signal
import sys
import threading
import time

from acceptance.drivers import data, worker
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.native import NativeStack
from acceptance.drivers.stack import Stack
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import Session
from acceptance.support.waiting import let_pass, wait_until

RUNTIMES = {stack.runtime: stack for stack in (ComposeStack, NativeStack)}
TASKS_PER_SECOND = 20
PROGRESS_SECONDS = 20
RECOVERY_SECONDS = 15
REST_SECONDS = 10  # between two faults of a service: until then Docker pauses longer after each
SLOW_EVERY, SLOW_SECONDS = 200, 8
LONG_SECONDS = 60
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
                seconds = SLOW_SECONDS if number % SLOW_EVERY == 0 else 0.02
                celery_app.send_task("counted.run", (number, seconds, 0), ignore_result=True)
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
    port, client = stack.port("postgres"), Client(stack.port("redis"))
    client.start()
    data.query(port, "create table kept (n int)")
    recoveries, began, told = list[tuple[float, str]](), time.monotonic(), time.monotonic()
    rested = dict.fromkeys(stack.services(), began)
    risky = 0  # faults at which a message may be lost

    def recover(what: str) -> None:
        start = time.monotonic()
        for name in rested:
            wait_until(lambda name=name: stack.health(name) == "healthy", RECOVERY_SECONDS, what)
        recoveries.append((time.monotonic() - start, what))
        data.query(port, "insert into kept values (1)")

    for done in range(faults):
        service = chance.choice(sorted(rested, key=rested.__getitem__)[:2])
        let_pass(max(0, rested[service] + REST_SECONDS - time.monotonic()))
        how = chance.choice(["killed", "restarted"])
        if how == "killed":
            stack.send_signal(service, signal.SIGKILL)
        else:
            stack.stop_service(service)
            stack.start_service(service)
        recover(f"{service}, {how}, all are healthy again")
        rested[service] = time.monotonic()
        risky += service in {"redis", "worker"}
        if time.monotonic() - told > PROGRESS_SECONDS:
            told = time.monotonic()
            count = f"{len(client.accepted)} tasks accepted, {client.refused} refused"
            print(f"{told - began:5.0f} s  {done + 1} faults, {count}", flush=True)
    with stack.paused(*rested):
        let_pass(LONG_SECONDS)
    recover(f"everything, frozen for {LONG_SECONDS} s, is healthy again")
    if isinstance(stack, ComposeStack):
        with stack.cut_off("redis"):
            let_pass(LONG_SECONDS)
        recover(f"redis, cut off for {LONG_SECONDS} s, and worker are healthy again")
    client.stopped.set()
    client.join()

    def lost() -> set[str]:
        return client.accepted - worker.counts(stack, "ran").keys()

    end = time.monotonic() + END_SECONDS
    while lost() and time.monotonic() < end:
        let_pass(1)
    [[kept]] = data.query(port, "select count(*) from kept")
    again = sum(runs > 1 for runs in worker.counts(stack, "ran").values())
    health = {name: stack.health(name) for name in rested}
    print(f"{len(recoveries)} faults, the slowest recovery: {max(recoveries)}")
    print(f"{kept} of {len(recoveries)} rows kept; {health}")
    print(
        f"{len(client.accepted)} tasks accepted, {client.refused} refused; {again} ran twice or more"
    )
    print(f"{len(lost())} lost, at {risky} faults of redis and worker")
    return len(lost()) <= risky and kept == len(recoveries) and set(health.values()) == {"healthy"}


if __name__ == "__main__":
    sys.exit(not main())
