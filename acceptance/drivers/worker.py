"""Tasks, sent through the broker by a client that runs where the api runs."""

import contextlib
import json
import threading
from collections.abc import Iterator

from acceptance.drivers import data
from acceptance.drivers.commands import Result
from acceptance.drivers.stack import Stack

PATIENCE = 40  # seconds that a client may take beyond its own timeout, starting Python included
SEND = "from app.worker import celery_app; print(celery_app.send_task('tasks.ping').id)"
CALL = "from app.worker import ping; print(ping.delay().id)"
GET = "from app.worker import celery_app; print(celery_app.AsyncResult({id!r}).get(timeout={seconds}))"
LOAD = """
import time
from app.worker import celery_app
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    try:
        celery_app.send_task('tasks.ping', retry=False)
    except Exception:
        pass
    time.sleep(0.02)
"""
REGISTERED = "from app.worker import celery_app; print(list(celery_app.control.inspect(timeout=3).registered().values()))"


class Sent:
    """A `tasks.ping` that was sent, or could not be."""

    def __init__(self, stack: Stack, code: str = SEND):
        self._stack = stack
        self._sending = stack.run_python("api", code, timeout=PATIENCE)
        self.id = self._sending.output.strip() if self._sending.exit_code == 0 else None

    def result(self, seconds: int) -> Result:
        """Wait for the answer; a failure to send is the result too."""
        if self.id is None:
            return self._sending
        return self._stack.run_python("api", GET.format(id=self.id, seconds=seconds), timeout=seconds + PATIENCE)

    def kept_result(self) -> str:
        """What the result backend holds for the task, read past Celery."""
        return json.loads(data.redis_command(self._stack.ports["redis"], "GET", f"celery-task-meta-{self.id}"))["result"]


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
