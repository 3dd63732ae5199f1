"""Tasks, sent through the broker by a client that runs where the api runs."""

import json

from acceptance.drivers import data
from acceptance.drivers.shell import Result
from acceptance.drivers.stack import Stack

CLIENT_GRACE_SECONDS = 40  # beyond the client's own timeout, starting Python included


def ping(stack: Stack, how: str = "sends", seconds: int = 5) -> Result:
    """Return what a client prints that `sends` tasks.ping by name, or `calls` it, and waits.

    It prints the id of the task and the result. Its exit code is 124 when it hangs.
    """
    timeout = seconds + CLIENT_GRACE_SECONDS
    return stack.run_probe("api", "ping", how, str(seconds), timeout=timeout)


def send_counted(stack: Stack, tasks: list[tuple[int, int, int, int]]) -> list[str]:
    """Send tasks that are counted; return their ids.

    Each has a number and runs for some seconds, after it has killed its own process or was stopped
    some times.
    """
    return stack.run_probe("api", "send", json.dumps(tasks)).checked().output.split()


def counts(stack: Stack, what: str) -> dict[str, int]:
    """Return how often each counted task, by its number, has `begun` or `ran`."""
    reply = data.redis_reply(stack.port("redis"), "HGETALL", what)
    return {number: int(times) for number, times in reply.items()}


def unacknowledged(stack: Stack) -> int:
    """Return how many tasks a worker has taken and not acknowledged."""
    return data.redis_reply(stack.port("redis"), "HLEN", "unacked")


def stored_result(stack: Stack, task: str) -> str:
    """Return what the result backend holds for a task, read past Celery."""
    return str(data.redis_reply(stack.port("redis"), "GET", f"celery-task-meta-{task}"))
