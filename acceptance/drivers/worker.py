"""Tasks, sent through the broker by a client that runs where the api runs."""

import contextlib
import json
import threading
from collections.abc import Iterator

from acceptance.drivers import data
from acceptance.drivers.commands import Result
from acceptance.drivers.stack import Stack

PATIENCE = 40  # seconds that a client may take beyond its own timeout, starting Python included
SEND = {"sends": "celery_app.send_task('tasks.ping')", "calls": "ping.delay()"}
CLIENT = """
from app.worker import celery_app, ping
sent = {send}
print(sent.id, flush=True)
print(celery_app.AsyncResult(sent.id).get(timeout={seconds}))
"""
SEND_ONLY = (
    "from app.worker import celery_app; celery_app.send_task('tasks.ping', ignore_result=True)"
)
LOAD = """
import time
from app.worker import celery_app
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    try:
        celery_app.send_task('tasks.ping', retry=False)
    except Exception:
        pass
    time.sleep(0.05)
"""
REGISTERED = "from app.worker import celery_app; print(list(celery_app.control.inspect(timeout=10, limit=1).registered().values()))"


def ping(stack: Stack, how: str = "sends", seconds: int = 5) -> Result:
    """What a client says that sends `tasks.ping`, or calls it, and waits: the task's id, and the answer.

    Its exit code is 124 when it hangs beyond its own timeout.
    """
    return stack.run_python(
        "api", CLIENT.format(send=SEND[how], seconds=seconds), timeout=seconds + PATIENCE
    )


def send_only(stack: Stack) -> Result:
    """What a client says that sends `tasks.ping` and does not wait; its exit code is 124 when it hangs."""
    return stack.run_python("api", SEND_ONLY, timeout=PATIENCE)


def kept_result(stack: Stack, task: str) -> str:
    """What the result backend holds for a task, read past Celery."""
    return data.redis_answer(stack.ports["redis"], "GET", f"celery-task-meta-{task}")


def registered_tasks(stack: Stack) -> list[str]:
    """The tasks that the running worker knows, without Celery's own.

    Raises AssertionError when the worker does not say.
    """
    result = stack.run_python("api", REGISTERED)
    assert result.exit_code == 0, str(result)
    [tasks] = json.loads(result.output.strip().replace("'", '"'))
    return sorted(tasks)


@contextlib.contextmanager
def load(stack: Stack, seconds: int = 8) -> Iterator[None]:
    """Meanwhile, send tasks all the time, whether they arrive or not."""
    sender = threading.Thread(target=stack.run_python, args=("api", LOAD.format(seconds=seconds)))
    sender.start()
    yield
    sender.join()
