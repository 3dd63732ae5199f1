"""Steps about ./scripts/dev.sh, the stack without Docker."""

import signal
from collections.abc import Callable, Iterator

import psutil
from pytest_bdd import given, parsers, then, when

from acceptance.drivers import http_client, native, verify
from acceptance.drivers.native import NativeStack
from acceptance.support.reaper import is_alive
from acceptance.support.waiting import wait_until


@given(parsers.parse("nobody listens on port {port:d}"))
def port_is_free(port: int) -> Iterator[None]:
    with native.only_user_of(port):
        yield


@when("./scripts/dev.sh is run in a clean clone", target_fixture="stack")
def run_script(new_stack: Callable[..., NativeStack]) -> NativeStack:
    stack = new_stack(verify.prepared_clone())
    stack.start(script=True)
    return stack


@then("the api answers at the address that dev.sh prints")
def api_answers(stack: NativeStack) -> None:
    answer = http_client.send("GET", f"{stack.address('api')}/health")
    assert answer.text == '{"status":"ok"}'


@then(parsers.parse('dev.sh prints "{words}" within {seconds:d} seconds'))
def dev_prints(stack: NativeStack, words: str, seconds: int) -> None:
    wait_until(lambda: words in stack.output(), seconds, f"dev.sh prints {words!r}")


@when(parsers.parse("dev.sh gets {name}"), target_fixture="processes")
def dev_gets(stack: NativeStack, name: str) -> list[psutil.Process]:
    processes = stack.processes()
    stack.signal_orchestrator(signal.Signals[name])
    return processes


@then(
    parsers.parse("dev.sh ends with code {code:d} within {seconds:d} seconds and leaves no process")
)
def dev_ends(stack: NativeStack, processes: list[psutil.Process], code: int, seconds: int) -> None:
    wait_until(lambda: not any(map(is_alive, processes)), seconds, "dev.sh and all of it ends")
    assert stack.exit_code() == code, stack.output()
