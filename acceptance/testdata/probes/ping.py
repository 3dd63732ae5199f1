"""Send `tasks.ping` by name, call it, or send it without waiting: ping.py HOW SECONDS.

A failure is printed after the seconds that it took.
"""

import sys
import time

from app.tasks import ping
from app.worker import celery_app

how, seconds = sys.argv[1], int(sys.argv[2])
began = time.monotonic()
try:
    if how == "sends without waiting":
        celery_app.send_task("tasks.ping", ignore_result=True)
    else:
        sent = celery_app.send_task("tasks.ping") if how == "sends" else ping.delay()
        print(sent.id, flush=True)
        print(celery_app.AsyncResult(sent.id).get(timeout=seconds))
except Exception as error:  # noqa: BLE001 (whatever kind)
    sys.exit(f"{time.monotonic() - began:.1f} s, {type(error).__name__}: {error}")
