"""Steps about Postgres and Redis, from this machine, as a developer's own tools reach them."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import data


@then(parsers.parse("postgres accepts {user}:{password}@{database}"))
def accepts(stack, user, password, database):
    assert data.login(stack.ports["postgres"], user, password, database) == database


@then(parsers.parse("postgres refuses {user}:{password}@{database}"))
def refuses(stack, user, password, database):
    assert "authentication failed" in data.login(stack.ports["postgres"], user, password, database)


@then("the database holds no relation of its own")
def no_relations(stack):
    assert data.query(stack.ports["postgres"], data.OWN_RELATIONS) == []


@given("the database holds a row")
def hold_row(stack):
    data.query(stack.ports["postgres"], "create table kept as select 42 as answer")


@when("a client stays connected to postgres")
def stay_connected(stack):
    connection = data.connect(stack.ports["postgres"])
    yield
    connection.close()


@then("the row is still there")
def row_there(stack):
    assert data.query(stack.ports["postgres"], "select answer from kept") == [(42,)]


@then("the row is gone")
def row_gone(stack):
    assert data.query(stack.ports["postgres"], data.OWN_RELATIONS) == []


@given(parsers.parse("the first start of postgres takes {seconds:d} seconds longer in that copy"))
def slow_first_start(tree, seconds):
    data.slow_first_start(tree, seconds)


@when("redis demands a password")
def demand_password(stack):
    data.redis_answer(stack.ports["redis"], "CONFIG", "SET", "requirepass", "secret")


@then(parsers.parse("redis answers {command} with {answer}"))
def redis_answers(stack, command, answer):
    assert answer in data.redis_answer(stack.ports["redis"], *command.split())
