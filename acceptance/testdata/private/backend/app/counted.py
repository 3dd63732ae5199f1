"""The product's worker, with a task whose runs Redis counts, and a short visibility timeout."""

import os
import signal
import time

import redis
from app.settings import load_settings
from app.worker import celery_app
from redis.backoff import ConstantBackoff
from redis.retry import Retry

celery_app.conf.broker_transport_options |= {"visibility_timeout": 10}


def count(what: str, number: int) -> int:
    retry = Retry(ConstantBackoff(0.2), 300)  # a count is not lost while Redis is away
    client = redis.from_url(str(load_settings().redis_url), retry=retry)
    return client.hincrby(what, str(number), 1)


@celery_app.task(name="counted.run")
def run(number: int, seconds: float, deaths: int = 0, stops: int = 0) -> str:
    """Run for some seconds; the first times, kill its own process, or wait to be stopped, instead."""
    begun = count("begun", number)
    if begun <= deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(300 if begun <= stops else seconds)
    count("ran", number)
    return "ran"
