"""Send counted tasks: send.py JSON, a list of [number, seconds, deaths, stops]; print their ids."""

import json
import sys

from app.worker import celery_app

for arguments in json.loads(sys.argv[1]):
    print(celery_app.send_task("counted.run", arguments).id)
