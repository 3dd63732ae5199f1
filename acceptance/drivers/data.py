"""Postgres and Redis, reached on their published ports; their clients are slow to import."""

from typing import Any

OWN_RELATIONS = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
"""
DEFAULT_LOGIN = ("postgres", "postgres", "ia_crm")


def connect(port: int, user: str, password: str, database: str) -> Any:
    """Return a psycopg.Connection, to be closed. Raises psycopg.OperationalError when refused."""
    import psycopg

    login = {"user": user, "password": password, "dbname": database}
    return psycopg.connect(host="127.0.0.1", port=port, connect_timeout=20, **login)


def query(port: int, sql: Any, *login: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, run in its own transaction. Raises as `connect` does."""
    with connect(port, *(login or DEFAULT_LOGIN)) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.rownumber is not None else []


def relations(port: int) -> list[str]:
    """Return the relations of the default database that Postgres itself does not bring."""
    return [f"{schema}.{name}" for schema, name in query(port, OWN_RELATIONS)]


def login(port: int, user: str, password: str, database: str) -> str:
    """Return the database that a login reaches, or the server's words when it refuses."""
    import psycopg

    try:
        return query(port, "select current_database()", user, password, database)[0][0]
    except psycopg.OperationalError as error:
        return str(error)


def credentials(url: str) -> list[str]:
    """Return user, password and database of a URL, as libpq reads it."""
    from psycopg.conninfo import conninfo_to_dict

    read = conninfo_to_dict(url.strip())
    return [str(read[name]) for name in ("user", "password", "dbname")]


def redis_reply(port: int, *command: str) -> Any:
    """Return the server's reply to a command, as it sends it: a text, a number, a dictionary."""
    import redis

    options = {"socket_timeout": 20, "decode_responses": True}
    with redis.Redis(port=port, **options) as client:
        client.response_callbacks.clear()
        return client.execute_command(*command)


def clear(postgres: int, redis: int) -> None:
    """Remove what scenarios leave in the default database and in the queue."""
    query(postgres, "drop table if exists kept")
    redis_reply(redis, "DEL", "celery", "unacked", "unacked_index", "begun", "ran")
