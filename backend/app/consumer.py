"""The worker's consumer, with a liveness file."""

import warnings
from typing import Any, ClassVar

from celery import bootsteps
from celery.exceptions import CPendingDeprecationWarning
from celery.worker import consumer

from app import liveness

# printed at each loss of the broker, about a change of Celery 6
warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)


class Consumer(consumer.Consumer):
    """Celery's consumer without mingle, which waits for a second at each start."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, without_mingle=True, without_gossip=True, **options)


class LivenessProbe(bootsteps.StartStopStep):
    """Refresh the liveness file while the event loop runs and the broker answers."""

    requires: ClassVar = {"celery.worker.consumer.tasks:Tasks"}
    timer: Any = None

    def start(self, consumer: Any) -> None:
        channel = consumer.connection.default_channel

        def probe() -> None:
            # not channel.client: its connection waits in BRPOP
            with channel.conn_or_acquire() as client:
                client.ping()
            liveness.touch()

        probe()
        self.timer = consumer.timer.call_repeatedly(liveness.INTERVAL_SECONDS, probe)

    def stop(self, consumer: Any) -> None:
        if self.timer:  # unset when the first probe failed
            self.timer.cancel()
