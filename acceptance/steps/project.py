"""Steps about the project's files, and the tools that a developer runs on them."""

from pytest_bdd import given, parsers, then, when

from acceptance.drivers import project, readme, suite
from acceptance.drivers.commands import run
from acceptance.drivers.tree import Tree
from acceptance.support.checklist import load_checklist


@given("a copy of the project", target_fixture="tree")
def copy():
    return Tree.copy("copy")


@given("a copy of the project with the frontend installed", target_fixture="tree")
def copy_with_frontend():
    return project.copy_with_frontend()


@given(parsers.re(r'in (?P<name>\S+) "(?P<old>.*)" is replaced by "(?P<new>.*)"'))
def planted(tree, name, old, new):
    tree.plant(name, old, new)


@given(parsers.parse("a line is added to {name}"))
def line_added(tree, name, datatable):
    tree.write(name, tree.read(name) + datatable[0][0] + "\n")


@when("the backend's tests run in that copy", target_fixture="result")
def backend_tests(tree):
    return project.run_backend_tests(tree)


@when(parsers.parse('"{command}" is run in the frontend of that copy'), target_fixture="result")
def in_frontend(tree, command):
    return run(command, tree.path / "frontend")


@when(parsers.parse('the README\'s commands around "{command}" are run'), target_fixture="result")
def readme_block(command):
    return readme.run_block_with(command)[1]


@then(parsers.parse('they succeed and say "{words}"'))
def succeed(result, words):
    assert result.exit_code == 0 and words in result.output, str(result)


@then(parsers.parse('they succeed and do not say "{words}"'))
def succeed_without(result, words):
    assert result.exit_code == 0 and words not in result.output, str(result)


@then(parsers.parse('they fail and say "{words}"'))
def fail(result, words):
    assert result.exit_code not in (0, 124) and words in result.output, str(result)


@then(parsers.parse("its {name} is the one that git has"))
def unchanged(tree, name):
    assert project.built_frontend().read(name) == tree.read(name)


@then(parsers.parse("its {name} holds no address of a download"))
def no_addresses(tree, name):
    assert '"resolved"' not in tree.read(name)


@then(".env.example has exactly the variables of docker-compose.yml")
def same_variables(tree):
    assert set(project.example_settings(tree)) == set(project.compose_variables(tree))


@then("each default in .env.example is the one in docker-compose.yml")
def same_defaults(tree):
    assert project.example_settings(tree) == project.compose_variables(tree)


@then(parsers.re(r"git would commit (?P<name>\S+)"))
def committed(tree, name):
    assert (tree.path / name).exists() and not project.is_ignored(name)


@then(parsers.re(r"git would not commit (?P<name>\S+)"))
def not_committed(tree, name):
    assert not (tree.path / name).exists() and project.is_ignored(name)


@then("the commands in README.md are exactly")
def readme_commands(tree, datatable):
    assert [line for block in readme.blocks(tree) for line in block] == [line for [line] in datatable]


@then(parsers.parse('"{command}" stands within the first {count:d} lines of README.md'))
def early(tree, command, count):
    assert readme.line_number(tree, command) <= count


@then("every file that README.md links to or lists exists")
def references(tree):
    assert readme.missing_references(tree) == []


@then("the settings table of README.md has the variables and defaults of .env.example")
def settings_table(tree):
    assert readme.settings_table(tree) == project.example_settings(tree)


@when("README.md's commands for the stack are run in a clean copy", target_fixture="results")
def stack_commands():
    return readme.run_stack_commands()


@then(parsers.re(r'"(?P<command>[^"]+)" has succeeded and said "(?P<words>.*)"'))
def has_succeeded(results, command, words):
    [result] = [results[command]] if command in results else [r for c, r in results.items() if c.startswith(command)]
    assert result.exit_code == 0 and words in result.output, str(result)


@when("README.md's commands for the page are run in a clean copy", target_fixture="page")
def page_commands():
    return readme.run_page_commands()


@then("the page is served")
def page_served(page):
    assert '<div id="root">' in page


@when("verify.sh of a clean clone runs for the first time, from another folder", target_fixture="result")
def verify_first():
    return suite.first_verification()[1]


@when("it runs there again", target_fixture="result")
def verify_again():
    return suite.verify_in_clone()


@when("verify.sh --strict runs in a clone", target_fixture="result")
def verify_strictly():
    return suite.verify_in_clone("--strict")


@when(parsers.parse('verify.sh runs in a clone whose README.md lacks the line "{line}"'), target_fixture="result")
def verify_defect(line):
    return suite.verify_with_defect("README.md", line + "\n", "")


@then("the verdict has every row, and calls none verified of which something did not run")
def verdict_names_rows(result):
    verdicts = suite.verdicts(result)
    assert set(verdicts) == set(load_checklist())
    assert set(verdicts.values()) == {"not verified here"}


@then(parsers.parse("the verdict says that {row} is violated"))
def verdict_violated(result, row):
    assert suite.verdicts(result)[row] == "VIOLATED"


@when(parsers.parse("verify.sh runs on a machine without {tool}"), target_fixture="result")
def verify_without(tool):
    path = suite.path_without(tool)
    return suite.verify(Tree.copy("clone"), path=path) if tool == "python" else suite.verify_in_clone(path=path)


@then(parsers.parse('one line says "{words}"'))
def one_line(result, words):
    assert len([line for line in result.output.splitlines() if words in line]) == 1, str(result)
