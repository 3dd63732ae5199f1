"""Send counted tasks: send.py FIRST COUNT SECONDS DEATHS RESULT; print their ids."""

import sys

from app.worker import celery_app

first, count, seconds, deaths, result = sys.argv[1:]
for number in range(int(first), int(first) + int(count)):
    arguments = (number, float(seconds), int(deaths))
    sent = celery_app.send_task("counted.run", arguments, ignore_result=result == "ignored")
    print(sent.id)
