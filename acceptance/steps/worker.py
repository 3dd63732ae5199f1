"""Steps about the worker, always through the broker: a task is sent from where the api runs."""

from pytest_bdd import parsers, then, when

from acceptance.drivers import worker
from acceptance.support.waiting import wait_until


@when("the worker is sent tasks.ping", target_fixture="task")
def send(stack):
    return worker.Sent(stack)


@when("the api calls tasks.ping", target_fixture="task")
def call(stack):
    return worker.Sent(stack, worker.CALL)


@then(parsers.parse("pong comes back within {seconds:d} seconds"))
def pong(task, seconds):
    result = task.result(seconds)
    assert result.exit_code == 0 and result.output.split()[-1] == "pong", str(result)


@then(parsers.parse("no answer comes back within {seconds:d} seconds"))
def no_answer(task, seconds):
    result = task.result(seconds)
    assert result.exit_code != 124, f"the client hangs:\n{result}"
    assert result.exit_code == 1 and "pong" not in result.output, str(result)


@then(parsers.parse("the worker answers pong again within {seconds:d} seconds"))
def pong_again(stack, seconds):
    wait_until(lambda: worker.Sent(stack).result(5).exit_code == 0, seconds, "the worker answers pong again")


@then("the result of the task is kept in Redis")
def result_in_redis(stack, task):
    assert task.kept_result() == "pong"


@then("the worker's log tells of the task")
def log_tells(stack, task):
    wait_until(lambda: f"Task tasks.ping[{task.id}] succeeded" in stack.logs("worker"), 5, "the log tells of the task")


@then(parsers.parse("the command of worker is {command}"))
def command(stack, command):
    assert stack.command_of("worker") == command


@then("the worker's own tasks are exactly")
def own_tasks(stack, datatable):
    assert worker.registered_tasks(stack) == sorted(name for [name] in datatable)


@when(parsers.parse("redis is stopped and started {count:d} times while tasks are sent"))
def restart_redis(stack, count):
    with worker.load(stack):
        for _ in range(count):
            stack.stop_service("redis")
            stack.start_service("redis")
            wait_until(lambda: stack.health("redis") == "healthy", 30, "redis is healthy again")
