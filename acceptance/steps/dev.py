"""Steps about ./scripts/dev.sh, the stack without Docker."""

import pytest
from pytest_bdd import given, parsers, then, when

from acceptance.drivers import dev, embedded, http, suite
from acceptance.drivers.stack import free_ports
from acceptance.steps import names
from acceptance.support.waiting import wait_until


@pytest.fixture
def ports():
    """The ports for a start of dev.sh, unless a step has taken others."""
    return free_ports()


@given(parsers.parse("nobody listens on port {port:d}"))
def port_free(port):
    with dev.only_user_of(port):
        yield


@when("dev.sh of a clean clone runs", target_fixture="stack")
def run_dev():
    with suite.clean_clone() as tree:
        script = dev.DevScript(tree)
    yield script
    script.end()


@then(parsers.parse('within {seconds:d} seconds it says "{words}"'))
def says(stack, seconds, words):
    wait_until(lambda: words in stack.output(), seconds, f"dev.sh says {words}", stack.is_running)


@then("the api and the page answer at the addresses that it says")
def both_answer(stack):
    assert http.send("GET", f"{stack.address('api')}/health").text == '{"status":"ok"}'
    assert '<div id="root">' in http.send("GET", stack.address("frontend")).text


@when("dev.sh is told to start what has exited")
def start_exited(stack):
    stack.start_exited()


@when("dev.sh gets Ctrl-C")
def ctrl_c(stack):
    stack.interrupt()


@then("the page asks the api at that address")
def page_asks(stack):
    assert (
        stack.address("api") in http.send("GET", f"{stack.address('frontend')}/src/lib/api.ts").text
    )


@then(parsers.parse("within {seconds:d} seconds it has ended and left no process"))
def ended(stack, seconds):
    wait_until(
        lambda: not stack.is_running() and not stack.left(), seconds, "dev.sh and all of it ends"
    )
    assert stack.exit_code() == 0, stack.output()


@when(parsers.re(r'in its (?P<name>\S+) "(?P<old>.*)" becomes "(?P<new>.*)"'))
def edited(stack, name, old, new):
    stack.tree.plant(name, old, new)


@given("somebody listens on the port for the api", target_fixture="ports")
def somebody():
    ports = free_ports()
    with http.listening(ports["api"]):
        yield ports


@when("dev.sh is started in that copy", target_fixture="result")
def try_to_start(tree, ports):
    return embedded.try_to_start(tree, ports)


@when(parsers.parse("dev.sh is started in that copy with only {service}"), target_fixture="result")
def try_to_start_only(tree, ports, service):
    return embedded.try_to_start(tree, ports, service)


@when("dev.sh --fresh is started in that copy", target_fixture="result")
def try_to_start_fresh(tree, ports):
    return embedded.try_to_start(tree, ports, options=("--fresh",))


@then(parsers.parse('its {name} still has "{line}"'))
def still_has(tree, name, line):
    assert line in tree.read(name)


@when(parsers.parse('dev.sh of a clean clone is asked for "{words}"'), target_fixture="result")
def ask_dev(words):
    with suite.clean_clone() as tree:
        return dev.run_in(tree, words)


@when(
    parsers.parse("dev.sh of a clean clone is started on a machine without {tools}"),
    target_fixture="result",
)
def start_dev_without(tools):
    with suite.clean_clone() as tree:
        return dev.run_in(tree, PATH=suite.path_without(*names(tools)))


@when("dev.sh --fresh is started in its folder once more", target_fixture="result")
def start_twice(stack, ports):
    return embedded.try_to_start(stack.tree, ports, options=("--fresh",))


@then(parsers.parse('it is refused in one line that says "{words}"'))
def refused(result, words):
    lines = result.output.strip().splitlines()
    assert result.exit_code == 1 and len(lines) == 1 and words in lines[0], str(result)


@then("that line names the port and its holder")
def names_holder(result, ports):
    assert str(ports["api"]) in result.output and http.own_process() in result.output


@then("nothing was started")
def nothing_started(tree):
    assert not embedded.processes_in(str(tree.path))


@then(parsers.parse('within {seconds:d} seconds dev.sh says "{words}"'))
def dev_says(stack, seconds, words):
    wait_until(lambda: stack.moments("dev", words), seconds, f"dev.sh says {words}")


@when("the orchestrator is killed, and the stack is started again")
def killed_and_started(stack):
    stack.kill()
    stack.start("postgres", "redis")


@when("the orchestrator is killed", target_fixture="shared_memory")
def killed(stack):
    shared_memory = stack.shared_memory()
    stack.kill()
    return shared_memory


@then(
    parsers.parse(
        "within {seconds:d} seconds none of its processes is left, and no shared memory of postgres"
    )
)
def none_left(stack, shared_memory, seconds):
    wait_until(lambda: not stack.processes(), seconds, "no process is left")
    assert not embedded.is_allocated(shared_memory)
