"""The worker: `celery -A app.worker:celery_app worker -l info`."""

from typing import Any, ClassVar

from celery import Celery, bootsteps

from app import liveness
from app.settings import load_settings

SOCKET_TIMEOUT_SECONDS = 3.0  # without one, a frozen Redis blocks its clients for ever

_redis_url = str(load_settings().redis_url)

celery_app = Celery("ia_crm", broker=_redis_url, backend=_redis_url, include=["app.tasks"])
celery_app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
    },
    redis_socket_timeout=SOCKET_TIMEOUT_SECONDS,
    redis_socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
    result_backend_transport_options={"retry_policy": {"timeout": SOCKET_TIMEOUT_SECONDS}},
    worker_concurrency=2,  # the default, a process of 25 MB for each core, is for production
)


class LivenessProbe(bootsteps.StartStopStep):
    """Refresh the liveness file while the event loop runs and the broker connection answers."""

    requires: ClassVar = {"celery.worker.consumer.tasks:Tasks"}
    timer: Any = None

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        liveness.clear()

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
        if self.timer:  # not when the first probe has failed
            self.timer.cancel()


celery_app.steps["consumer"].add(LivenessProbe)
