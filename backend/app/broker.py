"""kombu's Redis transport, which loses no message when Redis is out of memory.

kombu takes a message from its queue and notes it as unacknowledged in two commands (kombu 5.7,
`kombu/transport/redis.py`); Redis without memory allows the first and refuses the second.
"""

import time
from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import base
from kombu.utils.json import dumps

NOTE = """#!lua flags=allow-oom
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
"""


class QoS(redis.QoS):
    """Note messages as unacknowledged whatever memory there is."""

    def append(self, message: Any, delivery_tag: str) -> None:
        route = message.delivery_info
        note = dumps([message._raw, route["exchange"], route["routing_key"]])
        with self.channel.conn_or_acquire() as client:
            keys = (self.unacked_index_key, self.unacked_key)
            client.eval(NOTE, len(keys), *keys, time.time(), delivery_tag, note)
        base.QoS.append(self, message, delivery_tag)


class Channel(redis.Channel):
    """A channel with that QoS."""

    QoS = QoS


class Transport(redis.Transport):
    """A transport with that channel."""

    Channel = Channel
