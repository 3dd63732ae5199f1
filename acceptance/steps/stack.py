"""Steps about the stack as a whole: start, stop, freeze, health."""

import shlex

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import http
from acceptance.drivers.stack import free_ports, port_variables
from acceptance.steps import names
from acceptance.support import evidence
from acceptance.support.waiting import wait_until


def settings_from(table: list[list[str]]) -> dict[str, str]:
    """A two-column table as a dictionary; quotes keep the blanks of a value."""
    return {
        name: shlex.split(value)[0] if value.startswith('"') else value for name, value in table
    }


def show_state(stack) -> None:
    """Let the report, if there is one, show each service's state, health log and log."""
    for name, text in stack.evidence().items() if evidence.is_reported() else ():
        evidence.attach(name, text)


@given("the stack is running", target_fixture="stack")
def shared(shared_stack):
    return shared_stack


@given("a stack of its own", target_fixture="stack")
def own(own_stack):
    return own_stack()


@given(parsers.parse("a stack of its own with only {services}"), target_fixture="stack")
def own_with_only(own_stack, services):
    return own_stack(*names(services))


def answering(stack):
    """An api, healthy or not, as soon as it answers."""
    wait_until(lambda: http.status(stack.api_url), 30, "the api answers")
    return stack


@given("an api with the settings", target_fixture="stack")
def api_with_settings(own_stack, datatable):
    return answering(own_stack("api", settings=settings_from(datatable), wait=False))


@given("a stack of its own with other ports in .env, and the settings", target_fixture="stack")
def own_with_env(own_stack, datatable):
    ports = free_ports()
    return own_stack(ports=ports, settings=port_variables(ports) | settings_from(datatable))


@when("the api of that copy runs alone, healthy or not", target_fixture="stack")
def api_of_copy(own_stack, tree):
    return answering(own_stack("api", tree=tree, wait=False))


@when(parsers.re("only (?P<services>.+) of that copy runs?"), target_fixture="stack")
def only_of_copy(own_stack, tree, services):
    return own_stack(*names(services), tree=tree)


@when("that copy runs", target_fixture="stack")
def all_of_copy(own_stack, tree):
    return own_stack(tree=tree)


@then(parsers.re("(?P<services>.+) (is|are) healthy"))
def are_healthy(stack, services):
    show_state(stack)
    assert {stack.health(service) for service in names(services)} == {"healthy"}


@when(parsers.re("(?P<services>.+) freezes?"))
def freeze(stack, services):
    for service in names(services):
        stack.freeze(service)


@when(parsers.re("(?P<services>.+) go(es)? on"))
def go_on(stack, services):
    for service in names(services):
        stack.thaw(service)


@when(parsers.re("(?P<services>.+) (is|are) stopped"), target_fixture="exit_codes")
def are_stopped(stack, services):
    return {service: stack.stop_service(service) for service in names(services)}


@when(parsers.parse("{service} is started"))
def is_started(stack, service):
    stack.start_service(service)


@when(parsers.parse("{service} crashes"))
def crashes(stack, service):
    stack.crash(service)


@then(
    parsers.re(
        r"(?P<services>.+?) (turns?|is|are) (?P<health>unhealthy|healthy)( again)? within (?P<seconds>\d+) seconds"
    )
)
def turn(stack, services, health, seconds):
    wait_until(
        lambda: all(stack.health(service) == health for service in names(services)),
        int(seconds),
        f"{services} turn {health}",
    )
    show_state(stack)


@then("each has ended by itself")
def ended_by_themselves(exit_codes):
    assert set(exit_codes.values()) <= {0, 143}, f"137 means that it had to be killed: {exit_codes}"


@then(parsers.parse("its services are {services}"))
def services_are(stack, services):
    assert stack.services() == set(names(services))


@then(parsers.parse("{service} runs the image {image}"))
def runs_image(stack, service, image):
    assert stack.image_of(service) == image


@then(parsers.parse("its only volume is {name}, and no folder of this machine is in a container"))
def only_volume(stack, name):
    assert stack.mounts() == {("volume", name)}


@then("without settings its name is that of its folder")
def named_as_folder(stack):
    assert stack.default_project() == stack.tree.path.name


@then(parsers.parse("the {service}'s image has in the service's folder only {files}"))
def image_has(stack, service, files):
    result = stack.run_python(service, "import os; print(*sorted(os.listdir()))")
    assert result.output.split() == names(files), str(result)


@then(parsers.re("(?P<late>.+) had nothing to say before (?P<early>.+) (was|were) ready"))
def in_order(stack, late, early):
    ready = [max(stack.moments(service, "eady to accept connections")) for service in names(early)]
    assert min(min(stack.moments(service, "")) for service in names(late)) > max(ready)


@then(parsers.parse('the {service}\'s log says "{words}"'))
def log_says(stack, service, words):
    assert words in stack.logs(service)


@then(parsers.parse("{services} run as a user other than root"))
def run_as_user(stack, services):
    for service in names(services):
        result = stack.run_python(service, "import os; print(os.getuid())")
        assert result.exit_code == 0 and int(result.output) != 0, str(result)


@then("without settings its ports would be")
def default_ports(stack, datatable):
    assert stack.default_ports() == {service: int(port) for service, port in datatable}


@then(parsers.parse("{services} are published on 127.0.0.1 only"))
def on_loopback(stack, services):
    for service in names(services):
        assert stack.listening_on(service) == {"127.0.0.1"}, service


@when("the stack is taken down")
def down(stack):
    stack.down()


@when("the stack is taken down with its volumes")
def down_v(stack):
    stack.down("--volumes")


@when("postgres of it is started again")
def up_again(stack):
    stack.start("postgres")


@when("postgres of it is started again with --fresh")
def up_fresh(stack):
    stack.start("postgres", options=("--fresh",))


@then("nothing is left of it")
def nothing_left(stack):
    assert stack.leftovers() == []
