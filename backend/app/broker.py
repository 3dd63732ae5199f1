"""kombu's Redis transport, mended in two places (kombu 5.7, `kombu/transport/redis.py`).

It takes a message from its queue and notes it as unacknowledged in two commands; Redis without
memory allows the first and refuses the second, and the message is lost. And a task that outlives
its connection to Redis cannot be acknowledged: the attempt ends the worker.
"""

import time
from typing import Any

from celery.worker import state
from kombu.transport import redis
from kombu.transport.virtual import base
from kombu.utils.json import dumps

NOTE = """#!lua flags=allow-oom
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
"""


class QoS(redis.QoS):
    """The messages that were taken and are not acknowledged."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Note a message, whatever memory there is."""
        route = message.delivery_info
        note = dumps([message._raw, route["exchange"], route["routing_key"]])
        with self.channel.conn_or_acquire() as client:
            keys = (self.unacked_index_key, self.unacked_key)
            client.eval(NOTE, len(keys), *keys, time.time(), delivery_tag, note)
        base.QoS.append(self, message, delivery_tag)

    def restore_unacked(self, client: Any = None) -> None:
        """Hand back what was taken, but for the tasks that still run: they go on, also without Redis."""
        taken: Any = self._delivered
        for request in state.active_requests:
            taken.pop(request.message.delivery_tag, None)
        super().restore_unacked(client)


class Channel(redis.Channel):
    """A channel that still acknowledges after its connection was lost, by a new one."""

    QoS = QoS
    _parameters: dict[str, Any] | None = None

    def _connparams(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return super()._connparams(asynchronous)
        if self.connection and self.connection.client:
            self._parameters = super()._connparams()
        return dict(self._parameters or {})


class Transport(redis.Transport):
    """A transport with that channel."""

    Channel = Channel
