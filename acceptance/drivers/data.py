"""Postgres and Redis, reached at their published ports.

Their clients are imported where they are needed: that is slow, and most of the suite's processes need neither.
"""

from acceptance.drivers.tree import Tree

OWN_RELATIONS = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
"""


def connect(port: int, user="postgres", password="postgres", database="ia_crm"):
    """A connection for a `with` block. Raises psycopg.OperationalError with the server's words when it refuses."""
    import psycopg

    return psycopg.connect(
        host="127.0.0.1",
        port=port,
        connect_timeout=5,
        user=user,
        password=password,
        dbname=database,
    )


def query(port: int, sql: str, *login: str) -> list[tuple]:
    """Log in, run one statement in a transaction of its own, and return its rows, if it has any.

    Raises psycopg.OperationalError as `connect` does.
    """
    with connect(port, *login) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.rownumber is not None else []


def login(port: int, user: str, password: str, database: str) -> str:
    """The database that a login reaches, or the server's words when it refuses."""
    import psycopg

    try:
        return query(port, "select current_database()", user, password, database)[0][0]
    except psycopg.OperationalError as error:
        return str(error)


def slow_first_start(tree: Tree, seconds: int) -> None:
    """Add a script to the image's first start, during which it serves the unix socket only."""
    tree.write("slow.sql", f"select pg_sleep({seconds});\n")
    volume = "- postgres-data:/var/lib/postgresql"
    tree.plant(
        "docker-compose.yml",
        volume,
        f"{volume}\n      - ./slow.sql:/docker-entrypoint-initdb.d/slow.sql",
    )


def redis_answer(port: int, *command: str) -> str:
    """The server's answer to a command, as it sends it."""
    import redis

    with redis.Redis(port=port, socket_timeout=5, decode_responses=True) as client:
        client.response_callbacks.clear()
        return str(client.execute_command(*command))
