"""The worker: `celery -A app.worker:celery_app worker -l info`."""

from celery import Celery, bootsteps

from app import heartbeat
from app.settings import load_settings

SOCKET_TIMEOUT = 3.0  # seconds; without one, a frozen Redis blocks its clients for ever

_redis_url = str(load_settings().redis_url)
_socket_options = {"socket_timeout": SOCKET_TIMEOUT, "socket_connect_timeout": SOCKET_TIMEOUT}

celery_app = Celery("ia_crm", broker=_redis_url, backend=_redis_url)
celery_app.conf.update(
    result_backend_transport_options={"retry_policy": {"timeout": SOCKET_TIMEOUT}},
    broker_connection_retry_on_startup=True,
    broker_transport_options=_socket_options,
    redis_socket_timeout=SOCKET_TIMEOUT,
    redis_socket_connect_timeout=SOCKET_TIMEOUT,
    worker_concurrency=2,  # the default, a process of 25 MB for each core, is for production
)


class Heartbeat(bootsteps.StartStopStep):
    """Beats while the worker's event loop runs and its broker connection answers."""

    requires = {"celery.worker.consumer.tasks:Tasks"}

    def __init__(self, consumer, **options):
        super().__init__(consumer, **options)
        heartbeat.forget()

    def start(self, consumer):
        channel = consumer.connection.default_channel

        def ping_then_beat():
            # not channel.client: its connection waits in BRPOP
            with channel.conn_or_acquire() as client:
                client.ping()
            heartbeat.beat()

        ping_then_beat()
        self.timer = consumer.timer.call_repeatedly(heartbeat.INTERVAL, ping_then_beat)

    def stop(self, consumer):
        self.timer.cancel()


celery_app.steps["consumer"].add(Heartbeat)


@celery_app.task(name="tasks.ping")
def ping() -> str:
    """Answer `pong`: broker, worker and result backend work together."""
    return "pong"
