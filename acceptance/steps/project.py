"""Steps about the project's files and tools."""

from pytest_bdd import given, parsers, then

from acceptance.drivers import project
from acceptance.drivers.tree import Tree


@given("a copy of the project", target_fixture="tree")
def copy():
    return Tree.copy("copy")


@given(parsers.parse('in {name} "{old}" is replaced by "{new}"'))
def planted(tree, name, old, new):
    tree.plant(name, old, new)


@then(".env.example has exactly the variables of docker-compose.yml")
def same_variables(tree):
    assert set(project.example_settings(tree)) == set(project.compose_variables(tree))


@then("each default in .env.example is the one in docker-compose.yml")
def same_defaults(tree):
    assert project.example_settings(tree) == project.compose_variables(tree)


@then(parsers.re(r"git would commit (?P<name>\S+)"))
def committed(tree, name):
    assert not project.is_ignored(name)


@then(parsers.re(r"git would not commit (?P<name>\S+)"))
def not_committed(tree, name):
    assert project.is_ignored(name)
