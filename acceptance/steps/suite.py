"""Steps about the suite itself as a guest on a developer's machine."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import suite
from acceptance.support.waiting import wait_until

WHOLE_STACK = "DoD-2-health"  # starts all services and asks one question
ONE_SERVICE = "S9-down"  # starts Postgres alone, twice
LONG = "DoD-1-healthchecks"  # begins with Postgres alone, for longer than it takes to see that


@given("a developer's own stack runs, from a tree whose .env would break every stack", target_fixture="stack")
def developers_stack(own_stack):
    stack = own_stack()
    suite.commit(stack.tree)
    stack.tree.write(".env", "COMPOSE_FILE=nowhere.yml\nCOMPOSE_PROJECT_NAME=hostile\nAPI_PORT=1\nCORS_ORIGINS=*\n")
    return stack


@when("the suite runs in that tree", target_fixture="seen")
def run_beside(stack, runtime):
    before = suite.others_inventory(but=stack.project)
    run = suite.Suite(stack.tree, runtime.name, WHOLE_STACK)
    return {"result": run.wait(), "before": before, "after": suite.others_inventory(but=stack.project)}


@then("it is green")
def green(seen):
    assert seen["result"].exit_code == 0, seen["result"]


@then("the developer's containers, networks, volumes and images are what they were")
def unchanged(seen, stack):
    assert len(seen["before"]["container"]) >= 4
    assert seen["after"] == seen["before"]


@when("the suite runs until it has started services", target_fixture="runs")
def run_until_started(runtime):
    run = suite.Suite(suite.checkout(), runtime.name, LONG)
    wait_until(run.has_started_something, 60, "the suite starts services", run.is_running)
    return [run]


@when(parsers.re(r"it gets (?P<name>SIG\w+)"))
def gets(runs, name):
    runs[0].interrupt(name)


@then(parsers.re(r"within (?P<seconds>\d+) seconds nothing is left of (it|them)"))
def nothing_left(runs, seconds):
    assert suite.left_after(int(seconds), runs) == []


@when("the suite runs twice at the same time", target_fixture="runs")
def run_twice(runtime):
    tree = suite.checkout()
    return [suite.Suite(tree, runtime.name, ONE_SERVICE) for _ in range(2)]


@then("both are green")
def both_green(runs):
    results = [run.wait() for run in runs]
    assert [result.exit_code for result in results] == [0, 0], "\n".join(map(str, results))
