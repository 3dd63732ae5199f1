"""The tasks that the worker runs."""

from app.worker import celery_app


@celery_app.task(name="tasks.ping")
def ping() -> str:
    """Return `pong`: broker, worker and result backend work together."""
    return "pong"
