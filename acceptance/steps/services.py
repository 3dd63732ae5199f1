"""Steps about what each service answers to its clients: the api, Postgres, Redis, the worker."""

import re
from collections.abc import Iterator

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import data, http_client, worker
from acceptance.drivers.shell import Result
from acceptance.drivers.stack import Stack
from acceptance.steps import parse_list
from acceptance.support.waiting import BUSY_FACTOR, wait_until

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
    response = http_client.send(method, stack.api_url + path)
    assert response.status_code == int(code)
    assert response.elapsed.total_seconds() < 3, "the healthcheck of the api waits no longer"
    if body:
        assert response.text == body
        assert response.headers["content-type"] == "application/json"


@then(parsers.re("pages from these origins may( (?P<none>not))? call the api"))
def may_call(stack: Stack, none: str | None, datatable: list[list[str]]) -> None:
    url = f"{stack.api_url}/health"
    seen = {origin: http_client.may_call(url, origin) for [origin] in datatable}
    assert seen == dict.fromkeys(seen, (False, False) if none else (True, True))


@then(parsers.parse("{services} reach Redis, and Postgres with a login for {database}"))
def reach(stack: Stack, services: str, database: str) -> None:
    for service in parse_list(services):
        url = stack.run_probe(service, "reach").checked().output
        assert data.login(stack.port("postgres"), *data.credentials(url)) == database, service


@then("postgres accepts exactly the login of the settings, and so do the URLs of api and worker")
def accepts(stack: Stack, settings: dict[str, str]) -> None:
    login = [settings[f"POSTGRES_{name}"] for name in ("USER", "PASSWORD", "DB")]
    for service in ("api", "worker"):
        url = stack.run_probe(service, "reach").checked().output
        assert data.credentials(url) == login, service
    assert data.login(stack.port("postgres"), *login) == login[-1]
    user, password, database = login
    for wrong in ((user, "postgres", database), ("postgres", password, database)):
        assert "authentication failed" in data.login(stack.port("postgres"), *wrong)


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


@when(
    parsers.parse("a client {how} tasks.ping and waits {seconds:d} seconds"),
    target_fixture="answer",
)
def ping(stack: Stack, how: str, seconds: int) -> Result:
    return worker.ping(stack, how, seconds)


@then(parsers.parse("the client prints {words}"))
def client_prints(answer: Result, words: str) -> None:
    assert answer.exit_code == 0 and answer.output.split()[-1] == words, str(answer)


@then(parsers.re(r"the client gives up within (?P<seconds>\d+) seconds"))
def client_gives_up(answer: Result, seconds: str) -> None:
    assert answer.exit_code == 1 and "pong" not in answer.output, f"124 is a hang:\n{answer}"
    [waited] = re.findall(r"^([\d.]+) s, ", answer.output, re.MULTILINE)
    assert float(waited) <= int(seconds) * BUSY_FACTOR, str(answer)


@then(parsers.parse("a client gets {words} within {seconds:d} seconds"))
def client_gets(stack: Stack, words: str, seconds: int) -> None:
    what = f"a client gets {words}"
    wait_until(lambda: worker.ping(stack).output.endswith(f"{words}\n"), seconds, what)


@then("the result of the task is stored in Redis")
def result_is_stored(stack: Stack, answer: Result) -> None:
    assert '"result": "pong"' in worker.stored_result(stack, answer.output.split()[0])


@then("the log of worker contains the task")
def log_contains_task(stack: Stack, answer: Result) -> None:
    words = f"Task tasks.ping[{answer.output.split()[0]}] succeeded"
    wait_until(lambda: words in stack.logs("worker"), 5, "the log contains the task")
