"""Print the tasks that the running worker knows, a line each, without Celery's own."""

from app.worker import celery_app

[tasks] = celery_app.control.inspect(timeout=10, limit=1).registered().values()
print(*tasks, sep="\n")
