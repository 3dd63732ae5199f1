"""Steps about what each service answers to its clients: the api, Postgres, Redis, the worker."""

from collections.abc import Iterator
from functools import partial

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import data, http_client, worker
from acceptance.drivers.shell import Result
from acceptance.drivers.stack import Stack
from acceptance.steps import parse_list
from acceptance.support.waiting import PATIENCE_SECONDS, wait_until

REDIS_COMMANDS = {
    "demands a password": "CONFIG SET requirepass secret",
    "drops its connections": "CLIENT KILL TYPE normal",
}


@then(
    parsers.re(
        r"(?P<method>[A-Z]+) (?P<path>/\S*) answers HTTP (?P<code>\d+)( with exactly (?P<body>.+))?"
    )
)
def answers(stack: Stack, method: str, path: str, code: str, body: str | None) -> None:
    url = stack.url("api") + path
    wait_until(lambda: http_client.status(url), "the api answers")
    response = http_client.send(method, url)
    assert response.status_code == int(code)
    if body:
        assert response.text == body
        assert response.headers["content-type"] == "application/json"


@then(parsers.re("pages from these origins may( (?P<none>not))? call the api"))
def may_call(stack: Stack, none: str | None, datatable: list[list[str]]) -> None:
    url = stack.url("api") + "/health"
    seen = {origin: http_client.may_call(url, origin) for [origin] in datatable}
    assert seen == dict.fromkeys(seen, (False, False) if none else (True, True))


@then(parsers.parse("{services} reach Redis, and Postgres with the login of the settings"))
def reach(stack: Stack, services: str) -> None:
    names = zip(
        ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"), data.DEFAULT_LOGIN, strict=True
    )
    login = [stack.settings.get(name, default) for name, default in names]
    for service in parse_list(services):
        url = stack.run_probe(service, "reach").checked().output
        assert data.credentials(url) == login, service
    assert data.login(stack.port("postgres"), *login) == login[-1]


@then(parsers.parse("postgres {does} {user}:{password}@{database}"))
def logs_in(stack: Stack, does: str, user: str, password: str, database: str) -> None:
    answer = data.login(stack.port("postgres"), user, password, database)
    assert answer == database if does == "accepts" else "authentication failed" in answer, answer


@given("the database holds a row")
def hold_row(stack: Stack) -> None:
    data.query(stack.port("postgres"), "create table kept as select 42 as answer")


@then(parsers.re("the row is (?P<state>there|gone)"))
def row_is(stack: Stack, state: str) -> None:
    port = stack.port("postgres")
    assert ("public.kept" in data.relations(port)) == (state == "there")
    assert state == "gone" or data.query(port, "select answer from kept") == [(42,)]


@when(parsers.re(f"redis (?P<what>{'|'.join(REDIS_COMMANDS)})"))
def command_redis(stack: Stack, what: str) -> None:
    data.redis_reply(stack.port("redis"), *REDIS_COMMANDS[what].split())


@then(parsers.parse("redis replies {reply} to {command}"))
def redis_replies(stack: Stack, reply: str, command: str) -> None:
    assert reply in str(data.redis_reply(stack.port("redis"), *command.split()))


@given("a client is connected to postgres")
def stay_connected(stack: Stack) -> Iterator[None]:
    with data.connect(stack.port("postgres"), *data.DEFAULT_LOGIN):
        yield


@when("the api sends and calls tasks.ping", target_fixture="answer")
def api_pings(stack: Stack) -> Result:
    return stack.run_probe("api", "ping").checked()


@then(parsers.parse('the api gets "{words}" {times:d} times'))
def api_gets(answer: Result, words: str, times: int) -> None:
    assert answer.output.split()[1::2] == [words] * times, str(answer)


@then(
    parsers.parse(
        "the api gives up within {first:d} seconds to send a task,"
        " and within {second:d} seconds to wait for it"
    )
)
def api_gives_up(stack: Stack, first: int, second: int) -> None:
    answer = stack.run_probe("api", "give_up").checked()
    waited = [float(seconds) for seconds in answer.output.split()]
    assert len(waited) == 2, f"no error was raised:\n{answer}"
    assert waited[0] <= first and waited[1] <= second, waited


@then(parsers.re(r"a client gets (?P<words>\w+)( within (?P<limit>\d+) seconds)?"))
def client_gets(stack: Stack, words: str, limit: str | None) -> None:
    answers = partial(worker.ping, stack)
    what = f"a client gets {words}"
    wait_until(answers, what, int(limit or PATIENCE_SECONDS), is_done=lambda it: it == words)


@then(parsers.parse("no client gets {words} for {seconds:d} seconds"))
def no_client_gets(stack: Stack, words: str, seconds: int) -> None:
    assert worker.ping(stack, seconds) != words


@then("the result of each task is stored in Redis")
def result_is_stored(stack: Stack, answer: Result) -> None:
    for task in answer.output.split()[::2]:
        assert '"result": "pong"' in worker.stored_result(stack, task)
