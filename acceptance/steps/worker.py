"""Steps about the worker, always through the broker: a task is sent from where the api runs."""

from pytest_bdd import parsers, then, when

from acceptance.drivers import worker
from acceptance.support.waiting import wait_until


@when(
    parsers.re(r"a client (?P<how>sends|calls) tasks.ping and waits (?P<seconds>\d+) seconds"),
    target_fixture="answer",
)
def ping(stack, how, seconds):
    return worker.ping(stack, how, int(seconds))


@when("a client sends tasks.ping and wants no answer", target_fixture="answer")
def send_only(stack):
    return worker.send_only(stack)


@then("the answer is pong")
def pong(answer):
    assert answer.exit_code == 0 and answer.output.split()[-1] == "pong", str(answer)


@then("it gives up without an answer")
def no_answer(answer):
    assert answer.exit_code == 1 and "pong" not in answer.output, (
        f"124 means that it hangs:\n{answer}"
    )


@then(parsers.parse("the worker answers pong again within {seconds:d} seconds"))
def pong_again(stack, seconds):
    wait_until(lambda: worker.ping(stack).exit_code == 0, seconds, "the worker answers pong again")


@then(parsers.parse("within {seconds:d} seconds tasks.ping returns {words}"))
def returns(stack, seconds, words):
    wait_until(lambda: words in worker.ping(stack).output, seconds, f"tasks.ping returns {words}")


@then("the result of the task is kept in Redis")
def result_in_redis(stack, answer):
    assert '"result": "pong"' in worker.kept_result(stack, answer.output.split()[0])


@then("the worker's log tells of the task")
def log_tells(stack, answer):
    words = f"Task tasks.ping[{answer.output.split()[0]}] succeeded"
    wait_until(lambda: words in stack.logs("worker"), 5, "the log tells of the task")


@then(parsers.parse("the command of worker is {command}"))
def command(stack, command):
    assert " ".join(stack.definition("worker")["command"]) == command


@then(parsers.parse("the worker's own tasks are exactly {name}"))
def own_tasks(stack, name):
    assert worker.registered_tasks(stack) == [name]


@when(parsers.parse("redis is stopped and started {count:d} times while tasks are sent"))
def restart_redis(stack, count):
    with worker.load(stack):
        for _ in range(count):
            stack.stop_service("redis")
            stack.start_service("redis")
            wait_until(lambda: stack.health("redis") == "healthy", 30, "redis is healthy again")
