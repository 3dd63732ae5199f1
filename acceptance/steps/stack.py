"""Steps about the stack as a whole: start, stop, pause, health, logs."""

import signal
from collections.abc import Callable

from pytest_bdd import given, parsers, step, then, when

from acceptance.drivers import http_client
from acceptance.drivers.stack import Stack, free_ports
from acceptance.drivers.workspace import Workspace
from acceptance.steps import parse_list, parse_settings
from acceptance.support.waiting import wait_until

READY = "eady to accept connections"  # as Postgres and Redis say it
GRACEFUL_EXIT_CODES = {0, 143}  # 143: ended by SIGTERM; 137 means that it had to be killed
SIGNALS = {"paused": signal.SIGSTOP, "unpaused": signal.SIGCONT, "killed": signal.SIGKILL}
SEPARATE = r"((?P<services>[\w, ]+) of )?a separate stack"
UNCHECKED = r"(?P<unchecked>, healthy or not)?"


@given("the stack is running", target_fixture="stack")
def shared(shared_stack: Stack) -> Stack:
    return shared_stack


@step(
    parsers.re(rf"{SEPARATE}( with the testdata (?P<overlay>[\w-]+))?{UNCHECKED}( starts?)?"),
    target_fixture="stack",
)
def separate(
    start_stack: Callable[..., Stack],
    services: str | None,
    overlay: str | None,
    unchecked: str | None,
) -> Stack:
    workspace = Workspace.copy("own", overlay or "")
    return start(start_stack, services, unchecked, workspace=workspace)


@given(
    parsers.re(rf"{SEPARATE} with (?P<ports>its ports in \.env and )?these settings{UNCHECKED}"),
    target_fixture="stack",
)
def separate_with_settings(
    start_stack: Callable[..., Stack],
    services: str | None,
    ports: str | None,
    unchecked: str | None,
    datatable: list[list[str]],
) -> Stack:
    workspace = Workspace.copy("own")
    moved = free_ports(workspace)
    settings = parse_settings(datatable) | (moved if ports else {})
    options = {"workspace": workspace, "ports": moved, "settings": settings}
    return start(start_stack, services, unchecked, **options, ports_in_shell=not ports)


def start(
    start_stack: Callable[..., Stack],
    services: str | None,
    unchecked: str | None,
    **options: object,
) -> Stack:
    """Start a stack; one that need not be healthy must at least answer."""
    stack = start_stack(*parse_list(services) if services else (), wait=not unchecked, **options)
    if unchecked:
        wait_until(lambda: http_client.status(stack.api_url), 30, "the api answers")
    return stack


@when(parsers.re("(?P<services>.+) (is|are) (?P<what>paused|unpaused|killed|started)"))
def act(stack: Stack, services: str, what: str) -> None:
    for service in parse_list(services):
        if what == "started":
            stack.start_service(service)
        else:
            stack.send_signal(service, SIGNALS[what])


@when(parsers.re("(?P<services>.+) (is|are) stopped"), target_fixture="exit_codes")
def stop(stack: Stack, services: str) -> dict[str, int]:
    return {service: stack.stop_service(service) for service in parse_list(services)}


@when(parsers.re(r"(?P<service>\w+) is started again(?P<fresh> with --fresh)?"))
def start_again(stack: Stack, service: str, fresh: str | None) -> None:
    stack.start(service, **({"fresh": True} if fresh else {}))


@when(parsers.re("the stack is taken down(?P<volumes> with its volumes)?"))
def take_down(stack: Stack, volumes: str | None) -> None:
    stack.down(*(["--volumes"] if volumes else []))


@then(
    parsers.re(
        r"(?P<services>.+?) (is|are) (?P<health>unhealthy|healthy)( within (?P<limit>\d+) seconds)?"
    )
)
def health_is(stack: Stack, services: str, health: str, limit: str | None) -> None:
    named = stack.services() if services == "every service" else parse_list(services)
    what = f"{services}: {health}"
    wait_until(lambda: all(stack.health(n) == health for n in named), int(limit or 0), what)


@then("each service exits gracefully")
def exits_gracefully(exit_codes: dict[str, int]) -> None:
    assert set(exit_codes.values()) <= GRACEFUL_EXIT_CODES, exit_codes


@then(parsers.re("(?P<late>.+) starts? after (?P<early>.+) (is|are) ready"))
def in_order(stack: Stack, late: str, early: str) -> None:
    ready = [max(stack.log_timestamps(service, READY)) for service in parse_list(early)]
    first = [min(stack.log_timestamps(service, "")) for service in parse_list(late)]
    assert min(first) > max(ready)


@then(parsers.parse('the log of {service} contains "{words}"'))
def log_contains(stack: Stack, service: str, words: str) -> None:
    wait_until(lambda: words in stack.logs(service), 15, f"the log of {service} contains {words!r}")
