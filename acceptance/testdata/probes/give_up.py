"""Send `tasks.ping`, then send it and wait 5 seconds for it; print the seconds until each fails."""

import time

from app.worker import celery_app


def send_only() -> None:
    celery_app.send_task("tasks.ping", ignore_result=True)


def send_and_wait() -> None:
    celery_app.send_task("tasks.ping").get(timeout=5)


for action in (send_only, send_and_wait):
    began = time.monotonic()
    try:
        action()
    except Exception:  # noqa: BLE001 (whatever kind)
        print(time.monotonic() - began)
