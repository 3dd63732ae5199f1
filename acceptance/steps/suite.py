"""Steps about the suite itself: verify.sh in a clean clone, and a guest on a developer's machine."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import http, suite
from acceptance.drivers.tree import Tree
from acceptance.steps import names
from acceptance.support.checklist import load_checklist

ONE_PROCESS = ("-n", "0")
WHOLE_STACK = ("-m", "DoD-2-health")  # starts all services and asks one question
# these wait for Redis, long enough for all that happens meanwhile
REDIS_ALONE = ("-k", "redis_answers_with_an_error")
REDIS_AND_API = ("-m", "DoD-3-client")
THREE_RUNS = (
    (*ONE_PROCESS, *REDIS_ALONE),
    (*ONE_PROCESS, *REDIS_ALONE),
    ("-n", "1", *REDIS_AND_API),
)


@when(
    "verify.sh of a clean clone runs for the first time, from another folder",
    target_fixture="result",
)
def verify_first():
    return suite.first_verification()[1]


@when(
    parsers.parse('verify.sh runs in that clone, whose README.md lacks the line "{line}"'),
    target_fixture="result",
)
def verify_defect(line):
    return suite.verify_again(old=line + "\n")


@when(
    parsers.parse("verify.sh --strict runs in that clone, on a machine without {tools}"),
    target_fixture="result",
)
def verify_strictly(tools):
    return suite.verify_again("--strict", PATH=suite.path_without(*names(tools)))


@when("verify.sh --report runs in that clone, for W-taken-port", target_fixture="result")
def verify_with_report():
    return suite.verify_again("--report", "-m", "W-taken-port")


@then("the report has the row, the rule, the scenario, a step and a transcript")
def report_has(datatable):
    report = suite.report()
    assert [words for part, words in datatable if words not in report[part]] == []


@when(
    "verify.sh runs in that clone with other requirements, on a machine without python",
    target_fixture="result",
)
def verify_with_other_requirements():
    change = {"file": "scripts/requirements.lock", "old": "pytest-xdist==", "new": "pytest-xdist>="}
    return suite.verify_again(PATH=suite.path_without("python"), **change)


@when(
    "verify.sh has run in a clean clone on a machine whose pip fails, and runs again",
    target_fixture="result",
)
def verify_after_failure():
    tree, path = Tree.copy("clone"), suite.path_with_failing_pip()
    suite.verify(tree, PATH=path)
    return suite.verify(tree, PATH=path)


@when(
    "verify.sh runs in another place to which that clone was moved, on a machine without python",
    target_fixture="result",
)
def verify_moved():
    return suite.verify_moved(PATH=suite.path_without("python"))


@when(
    parsers.parse("verify.sh runs in a clean clone, on a machine whose only Python is {version}"),
    target_fixture="result",
)
def verify_with_python(version):
    return suite.verify(Tree.copy("clone"), PATH=suite.path_with_python(version))


@then("the verdict has every row, and calls none verified of which something did not run")
def verdict_names_rows(result):
    verdicts = suite.verdicts(result)
    assert set(verdicts) == set(load_checklist())
    assert set(verdicts.values()) == {"not verified here"}


@then(parsers.parse("the verdict says that {row} is violated"))
def verdict_violated(result, row):
    assert suite.verdicts(result)[row] == "VIOLATED"


@given(
    "a developer's own stack runs, from a tree whose .env would break every stack",
    target_fixture="stack",
)
def developers_stack(own_stack):
    stack = own_stack("postgres", "api")
    suite.commit(stack.tree)
    stack.tree.write(
        ".env",
        "COMPOSE_FILE=nowhere.yml\nCOMPOSE_PROJECT_NAME=hostile\nAPI_PORT=1\nCORS_ORIGINS=*\n",
    )
    return stack


@given(parsers.parse("the ports {ports} are taken"))
def ports_taken(ports):
    with http.listening(*map(int, names(ports))):
        yield


@when("the suite runs in that tree", target_fixture="seen")
def run_beside(stack, runtime):
    before = suite.others_inventory(but=stack.project)
    result = suite.Suite(stack.tree, runtime.name, *ONE_PROCESS, *WHOLE_STACK).wait()
    return {"result": result, "before": before, "after": suite.others_inventory(but=stack.project)}


@then("it is green")
def green(seen):
    assert seen["result"].exit_code == 0, seen["result"]


@then("the developer's containers, networks, volumes and images are what they were")
def unchanged(seen):
    assert all(seen["before"].values()), seen["before"]
    assert seen["after"] == seen["before"]


@when("the suite runs three times at once, until each has started services", target_fixture="runs")
def run_three_times(runtime):
    tree = suite.commit(Tree.copy("checkout"))
    runs = [suite.Suite(tree, runtime.name, *options) for options in THREE_RUNS]
    for run in runs:
        run.wait_for_services()
    return runs


@when(parsers.parse("they get {signals}"))
def get_signals(runs, signals):
    for run, name in zip(runs, names(signals), strict=True):
        run.interrupt(name)


@then(parsers.parse("within {seconds:d} seconds nothing is left of any"))
def nothing_left(runs, seconds):
    assert suite.left_after(seconds, runs) == []


@when("the suite is started in that copy", target_fixture="result")
def start_suite(tree):
    return suite.collect(tree)


@when(parsers.parse("the suite is started in that copy for {requirement}"), target_fixture="result")
def start_suite_for(tree, requirement):
    return suite.collect(tree, "-m", requirement)


@then("it refuses to run, and says")
def refuses(result, datatable):
    lines = [line.removeprefix("ERROR: ") for line in result.output.splitlines()]
    unsaid = [
        row
        for row in datatable
        if not any(line.startswith(f"{row[0]}:") and row[1] in line for line in lines)
    ]
    assert result.exit_code == 4 and unsaid == [], f"unsaid: {unsaid}\n{result}"
