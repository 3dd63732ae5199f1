"""The unit tests of backend, page and scripts that meet a requirement are there, and pass."""

import sys
from xml.etree import ElementTree

import pytest

from acceptance.drivers import frontend, prerequisites
from acceptance.drivers.shell import run_command
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import load_sections, requirement
from acceptance.support.session import Session

# without the options of the suite, which pyproject.toml has for it
PYTEST = [sys.executable, "-m", "pytest", "tests", "-o", "addopts=", "--junitxml=results.xml"]
VITEST = ["npm", "test", "--", "--reporter=junit", "--outputFile=results.xml"]
UNIT_TESTS = [
    pytest.param(tests, marks=requirement(name), id=name)
    for section in load_sections()
    for name, tests in section.unit_tests.items()
]


def run_suite(name: str) -> dict[str, bool]:
    """Run the unit tests of backend, page or scripts; return whether each has passed."""
    workspace = frontend.workspace_with_packages() if name == "page" else Workspace.copy("unit")
    folder = workspace.path / {"page": "frontend"}.get(name, name)
    env = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run_command(VITEST if name == "page" else PYTEST, folder, env=env)
    passed: dict[str, bool] = {}
    for case in ElementTree.parse(folder / "results.xml").iter("testcase"):
        module = case.get("classname", "")
        file = module if name == "page" else f"{module.rpartition('.')[2]}.py"
        key = f"{file}::{case.get('name', '').partition('[')[0]}"
        problems = [child for child in case if child.tag in ("failure", "error", "skipped")]
        passed[key] = passed.get(key, True) and not problems
    return passed


@pytest.mark.parametrize("tests", UNIT_TESTS)
def test_unit_tests_pass(tests: list[str]) -> None:
    for suite, name in (test.split(": ", 1) for test in tests):
        if suite == "page" and (reason := prerequisites.node_missing()):
            pytest.skip(reason)
        outcomes = Session.current().run_once(f"unit-tests-{suite}", lambda s=suite: run_suite(s))
        named = {key: passed for key, passed in outcomes.items() if key.startswith(name)}
        assert named and all(named.values()), f"{name}: {named or outcomes}"
