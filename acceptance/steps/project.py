"""Steps about the project as a developer works with it: README, settings, checks."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import frontend, http, project, readme
from acceptance.drivers.commands import run
from acceptance.drivers.tree import Tree
from acceptance.steps import names


@given("a copy of the project", target_fixture="tree")
def copy():
    return Tree.copy("copy")


@given("a copy of the project with the frontend installed", target_fixture="tree")
def copy_with_frontend():
    return project.copy_with_frontend()


@given(parsers.re(r'in (?P<name>\S+) "(?P<old>.*)" is replaced by "(?P<new>.*)"'))
def planted(tree, name, old, new):
    tree.plant(name, old, new)


@given(parsers.parse('its {name} also has "{line}"'))
def line_added(tree, name, line):
    tree.write(name, tree.read(name) + line + "\n")


@given(parsers.parse("its {name} also has"))
def text_added(tree, name, docstring):
    tree.write(name, f"{tree.read(name)}\n{docstring}\n")


@given(parsers.re(r'its (?P<name>\S+) has "(?P<line>.*)"'))
def file_has(tree, name, line):
    tree.write(name, line + "\n")


@given(parsers.re(r"its (?P<name>\S+) is"))
def file_is(tree, name, docstring):
    tree.write(name, docstring + "\n")


@when("the backend's tests run in that copy", target_fixture="result")
def backend_tests(tree):
    return project.run_backend_tests(tree)


@when(parsers.parse('"{command}" is run in the frontend of that copy'), target_fixture="result")
def in_frontend(tree, command):
    return run(command, tree.path / "frontend")


@when(parsers.parse('the README\'s commands around "{command}" are run'), target_fixture="result")
def readme_block(command):
    return readme.run_block_with(command)[1]


@then(parsers.parse("what the api and the worker are started with is there: {modules}"))
def importable(modules):
    result = project.import_after_install(names(modules))
    assert result.exit_code == 0, str(result)


@then(parsers.parse("all packages beside {tool} in the {service}'s image are from {lock}"))
def image_locked(stack, tool, service, lock):
    assert project.unlocked(stack, service, lock) == [tool]


@then(parsers.parse("{locks} pin what {pyproject} asks for, alike"))
def locks_agree(tree, locks, pyproject):
    assert project.lock_faults(tree, names(locks), pyproject) == []


@then(parsers.parse("on each push to {branch} and each pull_request, its workflow runs {command}"))
def workflow(tree, branch, command):
    facts = project.workflow(tree)
    assert facts["on"] == {"push": {"branches": [branch]}, "pull_request": ""}
    assert command in [step.get("run") for job in facts["jobs"].values() for step in job["steps"]]


@then("nothing keeps that workflow from running, or from failing")
def workflow_unconditional(tree):
    jobs = project.workflow(tree)["jobs"].values()
    parts = [*jobs, *(step for job in jobs for step in job["steps"] if "run" in step)]
    assert [part for part in parts if part.keys() & {"if", "continue-on-error"}] == []


@then(parsers.parse('they succeed and say "{words}"'))
def succeed(result, words):
    assert result.exit_code == 0 and words in result.output, str(result)


@then(parsers.parse('they fail and say "{words}"'))
def fail(result, words):
    assert result.exit_code not in (0, 124) and words in result.output, str(result)


@then(parsers.parse('one line says "{words}"'))
def one_line(result, words):
    assert len([line for line in result.output.splitlines() if words in line]) == 1, str(result)


@then(parsers.parse('no line says "{words}"'))
def no_line(result, words):
    assert words not in result.output, str(result)


@then(parsers.parse("npm install left its {name} as it is"))
def unchanged(tree, name):
    assert project.built_frontend().read(name) == tree.read(name)


@then(parsers.parse("its {name} holds no address of a download"))
def no_addresses(tree, name):
    assert '"resolved"' not in tree.read(name)


@then(".env.example has exactly the variables and defaults of docker-compose.yml")
def same_variables(tree):
    assert project.example_settings(tree) == project.compose_variables(tree)


@then(parsers.re(r"git would commit (?P<name>\S+)"))
def committed(tree, name):
    assert (tree.path / name).exists() and not project.is_ignored(name)


@then("git would commit none of these")
def not_committed(tree, datatable):
    assert [
        name for [name] in datatable if (tree.path / name).exists() or not project.is_ignored(name)
    ] == []


@then("the commands in README.md are exactly")
def readme_commands(tree, datatable):
    assert [line for block in readme.blocks(tree) for line in block] == [
        line for [line] in datatable
    ]


@then("the commands, options and files in the sentences of README.md are exactly")
def readme_sentences(tree, datatable):
    assert readme.named_in_sentences(tree) == [name for [name] in datatable]


@then(parsers.parse('"{command}" stands within the first {count:d} lines of README.md'))
def early(tree, command, count):
    assert command in tree.read("README.md").splitlines()[:count]


@then("every file that README.md links to or lists exists")
def references(tree):
    assert readme.missing_references(tree) == []


@then(parsers.parse("its ports of localhost are {ports}"))
def ports_named(tree, ports):
    assert readme.local_ports(tree) == set(names(ports))


@then("the settings table of README.md has the variables and defaults of .env.example")
def settings_table(tree):
    assert readme.settings_table(tree) == project.example_settings(tree)


@then("the oldest versions that README.md names are")
def versions_named(tree, datatable):
    assert readme.versions(tree) == dict(datatable)


@when("README.md's commands for the stack are run in a clean copy", target_fixture="results")
def stack_commands():
    return readme.run_stack_commands()


@then("they succeed, and these say")
def they_say(results, datatable):
    assert [str(result) for result in results if result.exit_code] == []
    for command, words in datatable:
        said = [result.output for result in results if result.command.startswith(command)]
        assert said and words in said[0], f"{command} does not say {words}: {said}"


@when(
    parsers.parse('README.md\'s commands around "{command}" are run in a clean copy'),
    target_fixture="port",
)
def page_commands(command):
    return frontend.server(command)


@then("the page is served")
def page_served(port):
    assert '<div id="root">' in http.send("GET", f"http://localhost:{port}").text
