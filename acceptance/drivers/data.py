"""Postgres and Redis, reached at their published ports."""

from dataclasses import dataclass

import psycopg
import redis

from acceptance.drivers.tree import Tree

OWN_RELATIONS = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
"""


@dataclass(frozen=True)
class Connection:
    """A way to reach a database, or the reason why it cannot be reached."""

    address: str
    error: str | None

    def query(self, sql: str) -> list[tuple]:
        """Run one statement in a transaction of its own and return its rows, if it has any."""
        with psycopg.connect(self.address) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.rownumber is not None else []


def try_connect(port: int, user: str, password: str, database: str) -> Connection:
    """Log in; the result holds the server's own words when it refuses."""
    address = psycopg.conninfo.make_conninfo(
        host="127.0.0.1", port=port, user=user, password=password, dbname=database, connect_timeout=5
    )
    try:
        psycopg.connect(address).close()
    except psycopg.OperationalError as error:
        return Connection(address, str(error))
    return Connection(address, None)


def connect(port: int) -> Connection:
    """Log in with the defaults.

    Raises AssertionError when the server refuses.
    """
    connection = try_connect(port, "postgres", "postgres", "ia_crm")
    assert connection.error is None, str(connection.error)
    return connection


def slow_first_start(tree: Tree, seconds: int) -> None:
    """Add a script to the image's first start, during which it serves the unix socket only."""
    tree.write("slow.sql", f"select pg_sleep({seconds});\n")
    volume = "- postgres-data:/var/lib/postgresql"
    tree.plant("docker-compose.yml", volume, f"{volume}\n      - ./slow.sql:/docker-entrypoint-initdb.d/slow.sql")


def redis_command(port: int, *words: str):
    """The answer of the server to a command."""
    with redis.Redis(port=port, socket_timeout=5) as client:
        return client.execute_command(*words)
