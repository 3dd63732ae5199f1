"""Steps about ./scripts/dev.sh, the stack without Docker."""

import signal
from collections.abc import Callable, Iterator

import psutil
from pytest_bdd import given, parsers, then, when

from acceptance.drivers import frontend, http_client, native, verify
from acceptance.drivers.native import NativeStack
from acceptance.support.reaper import is_alive
from acceptance.support.waiting import PATIENCE_SECONDS, wait_until, wait_while


@given(parsers.parse("nobody listens on port {port:d}"))
def port_is_free(port: int) -> Iterator[None]:
    with native.only_user_of(port):
        yield


@when("./scripts/dev.sh starts the stack of a clean clone", target_fixture="stack")
def run_script(new_stack: Callable[..., NativeStack]) -> NativeStack:
    stack = new_stack(frontend.link_packages(verify.prepared_clone()))
    stack.start(script=True)
    return stack


@then("the api answers at the address that dev.sh prints")
def api_answers(stack: NativeStack) -> None:
    answer = http_client.send("GET", f"{stack.address('api')}/health")
    assert answer.text == '{"status":"ok"}'


@then(parsers.parse('dev.sh prints "{words}"'))
def dev_prints(stack: NativeStack, words: str) -> None:
    what = f"dev.sh prints {words!r}"
    wait_until(lambda: words in stack.output(), what, is_alive=stack.is_running)


@when(parsers.parse("dev.sh gets {name}"), target_fixture="processes")
def dev_gets(stack: NativeStack, name: str) -> list[psutil.Process]:
    processes = stack.processes()
    stack.signal_orchestrator(signal.Signals[name])
    return processes


@then(parsers.re(r"dev\.sh leaves no process( within (?P<limit>\d+) seconds)?"))
def leaves_none(processes: list[psutil.Process], limit: str | None) -> None:
    seconds = int(limit or PATIENCE_SECONDS)
    wait_while(lambda: [str(each) for each in processes if is_alive(each)], "all ends", seconds)


@then(parsers.parse("dev.sh ends with code {code:d}"))
def dev_ends(stack: NativeStack, code: int) -> None:
    assert stack.exit_code() == code, stack.output()
