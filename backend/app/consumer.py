"""How the worker consumes its queue: with a liveness file, and without looking for other workers."""

import warnings
from functools import partial
from typing import Any, ClassVar

from celery import bootsteps
from celery.exceptions import CPendingDeprecationWarning
from celery.utils.log import get_logger
from celery.worker import consumer

from app import liveness

RECONNECT_SECONDS = 1
logger = get_logger(__name__)
# at each loss of the broker, of a change that Celery 6 will bring
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)


class Consumer(consumer.Consumer):
    """Celery's consumer without mingle and gossip, of which mingle waits for a second at each start."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, without_mingle=True, without_gossip=True, **options)

    def ensure_connected(self, conn: Any) -> Any:
        """Connect to the broker, trying once a second, where Celery waits 2 s more each time."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=RECONNECT_SECONDS, interval_step=0
        )
        return super().ensure_connected(conn)


class LivenessProbe(bootsteps.StartStopStep):
    """Refresh the liveness file while the event loop runs and the broker connection answers."""

    requires: ClassVar = {"celery.worker.consumer.tasks:Tasks"}
    timer: Any = None

    def start(self, consumer: Any) -> None:
        channel = consumer.connection.default_channel

        def probe() -> None:
            # not channel.client: its connection waits in BRPOP
            with channel.conn_or_acquire() as client:
                client.ping()
            try:
                liveness.touch()
            except OSError as error:  # which Celery would take for one of the broker
                logger.warning("no liveness file: %s", error)

        probe()
        self.timer = consumer.timer.call_repeatedly(liveness.INTERVAL_SECONDS, probe)

    def stop(self, consumer: Any) -> None:
        if self.timer:  # not when the first probe has failed
            self.timer.cancel()
