"""Steps about the stack as a whole: start, stop, freeze, health."""

import shlex

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import http
from acceptance.drivers.stack import PORT_VARIABLES, free_ports
from acceptance.support.waiting import wait_until


def table_to_settings(table: list[list[str]]) -> dict[str, str]:
    """A two-column table as a dictionary; quotes keep the blanks of a value."""
    return {name: shlex.split(value)[0] if value.startswith('"') else value for name, value in table}


@given("the stack is running", target_fixture="stack")
def shared(shared_stack):
    return shared_stack


@given("a stack of its own", target_fixture="stack")
def own(own_stack):
    return own_stack()


@given(parsers.re(r"a stack of its own with only (?P<services>[a-z]+( and [a-z]+)*)$"), target_fixture="stack")
def own_with_only(own_stack, services):
    return own_stack(*services.split(" and "))


@given(parsers.re(r"a stack of its own with only (?P<service>\w+) and the settings"), target_fixture="stack")
def own_with_settings(own_stack, service, datatable):
    return own_stack(service, settings=table_to_settings(datatable))


@given("an api with the settings", target_fixture="stack")
def api_with_settings(own_stack, datatable):
    return own_stack("api", settings=table_to_settings(datatable))


@given("a stack of its own with other ports in .env", target_fixture="stack")
def own_with_ports(own_stack):
    ports = free_ports()
    return own_stack(ports=ports, settings={PORT_VARIABLES[service]: str(port) for service, port in ports.items()})


@when("the api of that copy runs outside the stack", target_fixture="stack")
def api_of_copy(own_stack, tree):
    stack = own_stack("api", tree=tree, wait=False)
    wait_until(lambda: http.status(stack.api_url), 30, "the api answers")
    return stack


@when(parsers.parse("only {service} of that copy runs"), target_fixture="stack")
def only_of_copy(own_stack, tree, service):
    return own_stack(service, tree=tree)


@then(parsers.parse("{service} is healthy"))
def is_healthy(stack, service):
    assert stack.health(service) == "healthy"


@when(parsers.parse("{service} freezes"))
def freezes(stack, service):
    stack.freeze(service)


@when(parsers.parse("{service} goes on"))
def goes_on(stack, service):
    stack.thaw(service)


@when(parsers.parse("{service} is stopped"), target_fixture="exit_code")
def is_stopped(stack, service):
    return stack.stop_service(service)


@when(parsers.parse("{service} is started"))
def is_started(stack, service):
    stack.start_service(service)


@when(parsers.parse("{service} crashes"))
def crashes(stack, service):
    stack.crash(service)


@then(parsers.parse("{service} turns unhealthy within {seconds:d} seconds"))
def turns_unhealthy(stack, service, seconds):
    wait_until(lambda: stack.health(service) == "unhealthy", seconds, f"{service} turns unhealthy")


@then(parsers.parse("{service} is healthy again within {seconds:d} seconds"))
def healthy_again(stack, service, seconds):
    wait_until(lambda: stack.health(service) == "healthy", seconds, f"{service} is healthy again")


@then(parsers.parse("{service} has ended by itself"))
def ended_by_itself(service, exit_code):
    assert exit_code in (0, 143), f"{service} ended with {exit_code}: 137 means that it had to be killed"


@then("its services are exactly")
def services_are(stack, datatable):
    assert set(stack.configuration()["services"]) == {name for [name] in datatable}


@then(parsers.parse("{service} runs the image {image}"))
def runs_image(stack, service, image):
    assert stack.inspect(service)["Config"]["Image"] == image


@then(parsers.parse("{service} runs as a user other than root"))
def runs_as_user(stack, service):
    result = stack.run_python(service, "import os; print(os.getuid())")
    assert result.exit_code == 0 and int(result.output) != 0, str(result)


@then(parsers.parse("{service} would stand on port {port:d} without settings"))
def default_port(stack, service, port):
    assert stack.default_ports()[service] == port


@then(parsers.parse("{service} is published on 127.0.0.1 only"))
def on_loopback(stack, service):
    assert stack.listening_on(service) == {"127.0.0.1"}


@when("the stack is taken down and started again")
def down_and_up(stack):
    stack.down()
    stack.start("postgres")


@when("the stack is taken down with its volumes and started again")
def down_v_and_up(stack):
    stack.down(volumes=True)
    stack.start("postgres")


@when("the stack is taken down with its volumes")
def down_v(stack):
    stack.down(volumes=True)


@then("the engine holds no container, network or volume of it")
def nothing_left(stack):
    assert stack.leftovers() == []
