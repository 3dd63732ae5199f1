"""Steps about Postgres and Redis, from this machine, as a developer's own tools reach them."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import data


@when(parsers.parse("postgres connects to {user}:{password}@{database}"), target_fixture="connection")
def connect(stack, user, password, database):
    return data.try_connect(stack.ports["postgres"], user, password, database)


@then(parsers.parse("the connection is to the database {name}"))
def connected_to(connection, name):
    assert connection.error is None, str(connection.error)
    assert connection.query("select current_database()") == [(name,)]


@then("the connection is refused")
def refused(connection):
    assert connection.error and "authentication failed" in connection.error


@then("the database holds no relation of its own")
def no_relations(connection):
    assert connection.error is None, str(connection.error)
    assert connection.query(data.OWN_RELATIONS) == []


@given("the database holds a row")
def hold_row(stack):
    data.connect(stack.ports["postgres"]).query("create table kept as select 42 as answer")


@then("the row is still there")
def row_there(stack):
    assert data.connect(stack.ports["postgres"]).query("select answer from kept") == [(42,)]


@then("the row is gone")
def row_gone(stack):
    assert data.connect(stack.ports["postgres"]).query(data.OWN_RELATIONS) == []


@given(parsers.parse("the first start of postgres takes {seconds:d} seconds longer in that copy"))
def slow_first_start(tree, seconds):
    data.slow_first_start(tree, seconds)


@when("redis demands a password")
def demand_password(stack):
    data.redis_command(stack.ports["redis"], "CONFIG", "SET", "requirepass", "secret")


@when("redis is asked for PING", target_fixture="answer")
def redis_ping(stack):
    return data.redis_command(stack.ports["redis"], "PING")


@then("the answer is PONG")
def redis_pong(answer):
    assert answer is True or answer == b"PONG"
