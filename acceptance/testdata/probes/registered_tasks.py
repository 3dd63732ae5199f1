"""Print the tasks that the running worker knows, as JSON."""

import json

from app.worker import celery_app

[tasks] = celery_app.control.inspect(timeout=10, limit=1).registered().values()
print(json.dumps(tasks))
