"""Steps about the stack as a whole: start, stop, pause, health, logs."""

import re
import signal
from collections.abc import Callable

from pytest_bdd import given, parsers, then, when

from acceptance.drivers.compose import WATCH, ComposeStack
from acceptance.drivers.stack import Stack, lasting_services
from acceptance.drivers.workspace import ROOT, Workspace
from acceptance.steps import parse_list
from acceptance.support.waiting import PATIENCE_SECONDS, sleep_during_fault, wait_until, wait_while

READY = "eady to accept connections"  # as Postgres and Redis say it
GRACEFUL_EXIT_CODES = {0, 143}  # 143: ended by SIGTERM; 137 means that it had to be killed
SIGNALS = {"paused": signal.SIGSTOP, "unpaused": signal.SIGCONT, "killed": signal.SIGKILL}


def parse_services(stack: Stack, text: str) -> list[str]:
    """Return the services that an enumeration names; `every service` is all of them."""
    return stack.services() if text == "every service" else parse_list(text)


@given("the stack is running", target_fixture="stack")
def shared(shared_stack: Stack) -> Stack:
    return shared_stack


@given("a private stack", target_fixture="stack")
def private(private_stack: Stack) -> Stack:
    return private_stack


@given("a private stack that watches", target_fixture="stack")
def watching(private_stack: ComposeStack) -> ComposeStack:
    private_stack.down()
    private_stack.run_in_background(WATCH)
    return private_stack


@given(parsers.re(r"a new stack( with the testdata (?P<overlay>[\w-]+))?"), target_fixture="stack")
def new(new_stack: Callable[..., Stack], overlay: str | None) -> Stack:
    return new_stack(Workspace.copy("new", overlay or ""))


@given("a new stack with its ports and these settings in .env", target_fixture="stack")
def new_with(new_stack: Callable[..., Stack], datatable: list[list[str]]) -> Stack:
    # quotes around a value keep its blanks
    settings = {name: re.sub('^"(.*)"$', r"\1", value) for name, value in datatable}
    stack = new_stack(Workspace.copy("new"), settings=settings)
    lines = [f"{name}='{value}'\n" for name, value in (settings | stack.ports).items()]
    stack.workspace.write(".env", "".join(lines))
    return stack


@when("the stack is started")
def start(stack: Stack) -> None:
    stack.start()


@when(parsers.parse("{service} begins to start"))
def begin_to_start(stack: Stack, service: str) -> None:
    stack.start(service, wait=False)


@when(parsers.re("(?P<services>.+) (is|are) (?P<what>paused|unpaused|killed)"))
def act(stack: Stack, services: str, what: str) -> None:
    for service in parse_services(stack, services):
        stack.send_signal(service, SIGNALS[what])


@when(parsers.re(r"(?P<services>.+) (is|are) paused for (?P<seconds>\d+) seconds"))
def pause(stack: Stack, services: str, seconds: str) -> None:
    act(stack, services, "paused")
    sleep_during_fault(int(seconds))
    act(stack, services, "unpaused")


@when(parsers.re("(?P<services>(?!the stack).+) (is|are) started"))
def start_services(stack: Stack, services: str) -> None:
    stack.start_services(*parse_list(services))


@when(parsers.re("(?P<services>.+) (is|are) stopped"), target_fixture="exit_codes")
def stop(stack: Stack, services: str) -> dict[str, int]:
    return {service: stack.stop_service(service) for service in parse_list(services)}


@when(parsers.parse("{variable} is set to {value} in .env"))
def change_setting(stack: Stack, variable: str, value: str) -> None:
    stack.workspace.write(".env", f"{variable}={value}\n")


@when(parsers.re("the stack is taken down(?P<volumes> with its volumes)?"))
def take_down(stack: Stack, volumes: str | None) -> None:
    stack.down(*(["--volumes"] if volumes else []))


@then(
    parsers.re(
        r"(?P<services>.+?) (is|are) (?P<health>(un)?healthy)( within (?P<limit>\d+) seconds)?"
    )
)
def health_is(stack: Stack, services: str, health: str, limit: str | None) -> None:
    named = parse_services(stack, services)

    def others() -> dict[str, str]:
        return {name: seen for name, seen in stack.health(*named).items() if seen != health}

    wait_while(others, f"expected {health}", int(limit or PATIENCE_SECONDS))


@then(
    parsers.parse(
        "every healthcheck reports after at most {seconds:d} seconds and allows {minutes:d} minutes for a start"
    )
)
def healthchecks_report(seconds: int, minutes: int) -> None:
    for name, spec in lasting_services(Workspace(ROOT)).items():
        check = spec.healthcheck
        assert check, f"{name} has no healthcheck"
        assert check.retries * (check.interval + check.timeout) <= seconds, f"{name}: {check}"
        assert check.start_period >= minutes * 60, f"{name}: {check}"


@then("each service exits gracefully")
def exits_gracefully(exit_codes: dict[str, int]) -> None:
    assert set(exit_codes.values()) <= GRACEFUL_EXIT_CODES, exit_codes


@then(parsers.re("(?P<late>.+) starts? after (?P<early>.+) (is|are) ready"))
def in_order(stack: Stack, late: str, early: str) -> None:
    ready = [max(stack.log_timestamps(service, READY)) for service in parse_list(early)]
    first = [min(stack.log_timestamps(service, "")) for service in parse_list(late)]
    assert min(first) > max(ready)


@then(parsers.parse('the log of {service} does not contain "{words}"'))
def log_lacks(stack: Stack, service: str, words: str) -> None:
    assert words not in stack.logs(service)


@then(parsers.re(r'the log of (?P<service>\w+) contains "(?P<words>.+)"( (?P<times>\d+) times)?'))
def log_contains(stack: Stack, service: str, words: str, times: str | None) -> None:
    what = f"the log of {service} contains {words!r}"
    wait_until(lambda: stack.logs(service).count(words) >= int(times or 1), what)
    assert times is None or stack.logs(service).count(words) == int(times)
