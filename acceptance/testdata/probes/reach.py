"""Reach the Postgres and the Redis of the service's own settings; print the URL of Postgres."""

import socket
import urllib.parse

import redis
from app.settings import load_settings

# the request for encryption, which every Postgres answers with one letter
SSL_REQUEST = bytes.fromhex("0000000804d2162f")

settings = load_settings()
url = urllib.parse.urlsplit(str(settings.database_url))
with socket.create_connection((url.hostname or "", url.port or 5432), timeout=20) as server:
    server.sendall(SSL_REQUEST)
    assert server.recv(1) in b"SN", "what answers there is no Postgres"
assert redis.from_url(str(settings.redis_url), socket_timeout=20).ping()
print(settings.database_url)
