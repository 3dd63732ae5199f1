"""Steps about the worker, always through the broker: a client runs where the api runs."""

from pytest_bdd import parsers, then, when

from acceptance.drivers import worker
from acceptance.drivers.shell import Result
from acceptance.drivers.stack import Stack
from acceptance.support.waiting import wait_until


@when(
    parsers.parse("a client {how} tasks.ping and waits {seconds:d} seconds"),
    target_fixture="answer",
)
def ping(stack: Stack, how: str, seconds: int) -> Result:
    return worker.ping(stack, how, seconds)


@then(parsers.parse("the client prints {words}"))
def client_prints(answer: Result, words: str) -> None:
    assert answer.exit_code == 0 and answer.output.split()[-1] == words, str(answer)


@then("the client times out")
def client_times_out(answer: Result) -> None:
    assert answer.exit_code == 1 and "pong" not in answer.output, f"124 is a hang:\n{answer}"


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


@when(parsers.parse("redis is stopped and started {count:d} times while tasks are sent"))
def restart_redis(stack: Stack, count: int) -> None:
    with worker.load(stack):
        for _ in range(count):
            stack.stop_service("redis")
            stack.start_service("redis")
            wait_until(lambda: stack.health("redis") == "healthy", 30, "redis is healthy again")
