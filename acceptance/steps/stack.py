"""Steps about the stack as a whole: start, stop, pause, health, logs."""

import re
import signal
from collections.abc import Callable

import pytest
from pytest_bdd import given, parsers, step, then, when

from acceptance.drivers import http_client
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.stack import Stack, free_ports, services_of
from acceptance.drivers.workspace import Workspace
from acceptance.steps import parse_list
from acceptance.support.waiting import sleep_during_fault, wait_until, wait_while

READY = "eady to accept connections"  # as Postgres and Redis say it
GRACEFUL_EXIT_CODES = {0, 143}  # 143: ended by SIGTERM; 137 means that it had to be killed
SIGNALS = {"paused": signal.SIGSTOP, "unpaused": signal.SIGCONT, "killed": signal.SIGKILL}


def parse_services(stack: Stack, text: str) -> list[str]:
    """Return the services that an enumeration names; `every service` is all of them."""
    return stack.services() if text == "every service" else parse_list(text)


@given("the stack is running", target_fixture="stack")
def shared(shared_stack: Stack) -> Stack:
    return shared_stack


@pytest.fixture
def settings() -> dict[str, str]:
    """Return what .env sets, unless a step has said it."""
    return {}


@given("these settings in .env", target_fixture="settings")
def settings_in_file(datatable: list[list[str]]) -> dict[str, str]:
    # quotes around a value keep its blanks
    return {name: re.sub('^"(.*)"$', r"\1", value) for name, value in datatable}


@step(
    parsers.re(
        r"((?P<services>[\w, ]+) of )?a separate stack( with the testdata (?P<overlay>[\w-]+))?"
        r"(?P<in_file> with its ports in \.env)?(?P<unchecked>, healthy or not)?(?P<begins> begins to start)?( starts?)?"
    ),
    target_fixture="stack",
)
def separate(
    new_stack: Callable[..., Stack],
    settings: dict[str, str],
    services: str | None,
    overlay: str | None,
    in_file: str | None,
    unchecked: str | None,
    begins: str | None,
) -> Stack:
    workspace = Workspace.copy("own", overlay or "")
    ports = free_ports(workspace)
    settings = settings | ports if in_file else settings
    stack = new_stack(workspace, ports=ports, settings=settings, ports_in_shell=not in_file)
    stack.start(*parse_list(services) if services else (), wait=not (unchecked or begins))
    if unchecked:
        wait_until(lambda: http_client.status(stack.api_url), 30, "the api answers")
    return stack


@when(parsers.re("(?P<services>.+) (is|are) (?P<what>paused|unpaused|killed|started)"))
def act(stack: Stack, services: str, what: str) -> None:
    for service in parse_services(stack, services):
        if what == "started":
            stack.start_service(service)
        else:
            stack.send_signal(service, SIGNALS[what])


@when(parsers.re(r"(?P<services>.+) (is|are) paused for (?P<seconds>\d+) seconds"))
def pause(stack: Stack, services: str, seconds: str) -> None:
    act(stack, services, "paused")
    sleep_during_fault(int(seconds))
    act(stack, services, "unpaused")


@when(parsers.parse("{variable} is set to {value} in .env"))
def change_setting(stack: Stack, variable: str, value: str) -> None:
    stack.workspace.write(".env", f"{variable}={value}\n")


@when(parsers.re("(?P<services>.+) (is|are) stopped"), target_fixture="exit_codes")
def stop(stack: Stack, services: str) -> dict[str, int]:
    return {service: stack.stop_service(service) for service in parse_list(services)}


@when(parsers.re(r"(?P<services>.+) (is|are) started again"))
def start_again(stack: Stack, services: str) -> None:
    stack.start(*parse_list(services))


@when(parsers.parse("{service} begins to start again"))
def begin_to_start(stack: Stack, service: str) -> None:
    stack.start(service, wait=False)


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
    wait_while(lambda: stack.others_than(health, named), int(limit or 0), f"expected {health}")


@then(
    parsers.parse(
        "every healthcheck reports within {seconds:d} seconds and allows {minutes:d} minutes for a start"
    )
)
def healthchecks_report(stack: Stack, seconds: int, minutes: int) -> None:
    specs = services_of(stack.workspace)
    for name in stack.services():
        check = specs[name].healthcheck
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
    wait_until(lambda: stack.logs(service).count(words) >= int(times or 1), 15, what)
    assert times is None or stack.logs(service).count(words) == int(times)


@given("a separate stack that watches", target_fixture="stack")
def watching(new_stack: Callable[..., ComposeStack]) -> ComposeStack:
    stack = new_stack(Workspace.copy("own"))
    stack.start_watching()
    return stack
