"""Send `tasks.ping` 20 times a second, whether it arrives or not: load.py SECONDS."""

import contextlib
import sys
import time

from app.worker import celery_app

end = time.monotonic() + int(sys.argv[1])
while time.monotonic() < end:
    with contextlib.suppress(Exception):
        celery_app.send_task("tasks.ping", retry=False)
    time.sleep(0.05)
