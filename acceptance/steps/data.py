"""Steps about Postgres and Redis, from this machine, as a developer's own tools reach them."""

from collections.abc import Iterator

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import data
from acceptance.drivers.stack import Stack


@then(parsers.parse("postgres accepts {user}:{password}@{database}"))
def accepts(stack: Stack, user: str, password: str, database: str) -> None:
    assert data.login(stack.port("postgres"), user, password, database) == database


@then(parsers.parse("postgres refuses {user}:{password}@{database}"))
def refuses(stack: Stack, user: str, password: str, database: str) -> None:
    answer = data.login(stack.port("postgres"), user, password, database)
    assert "authentication failed" in answer


@given("the database holds a row")
def hold_row(stack: Stack) -> None:
    data.query(stack.port("postgres"), "create table kept as select 42 as answer")


@then("the row is there")
def row_is_there(stack: Stack) -> None:
    assert data.query(stack.port("postgres"), "select answer from kept") == [(42,)]


@then("the row is gone")
def row_is_gone(stack: Stack) -> None:
    assert "public.kept" not in data.relations(stack.port("postgres"))


@when("redis demands a password")
def demand_password(stack: Stack) -> None:
    data.redis_reply(stack.port("redis"), "CONFIG", "SET", "requirepass", "secret")


@then(parsers.parse("redis replies {reply} to {command}"))
def redis_replies(stack: Stack, reply: str, command: str) -> None:
    assert reply in data.redis_reply(stack.port("redis"), *command.split())


@given("a client is connected to postgres")
def stay_connected(stack: Stack) -> Iterator[None]:
    with data.connect(stack.port("postgres"), *data.DEFAULT_LOGIN):
        yield
