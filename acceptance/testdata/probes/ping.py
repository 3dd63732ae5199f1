"""Send `tasks.ping` by name, then call it; print the id and the result of each."""

from app.tasks import ping
from app.worker import celery_app

for sent in (celery_app.send_task("tasks.ping"), ping.delay()):
    print(sent.id, sent.get(timeout=30))
