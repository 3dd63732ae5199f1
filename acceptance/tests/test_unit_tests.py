"""The unit tests of backend, page and scripts that meet a requirement are there, and pass."""

import sys
from xml.etree import ElementTree

import doctor
import pytest

from acceptance.drivers.readme import run_block_with
from acceptance.drivers.shell import run_command
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import load_sections, requirement
from acceptance.support.session import Session

README_BLOCKS = {"backend": "pytest", "page": "npm run build"}  # in which the tests run
FOLDERS = {"page": "frontend"}
# without the options of the suite, which pyproject.toml has for it
PYTEST = [sys.executable, "-m", "pytest", "tests", "-o", "addopts=", "--junitxml=results.xml"]
UNIT_TESTS = [
    pytest.param(tests, marks=requirement(name), id=name)
    for section in load_sections()
    for name, tests in section.unit_tests.items()
]


def run_suite(name: str) -> dict[str, str]:
    """Run the unit tests of backend, page or scripts; return what each says that has not passed."""
    if name in README_BLOCKS:
        workspace, result = run_block_with(README_BLOCKS[name])
    else:
        workspace = Workspace.copy("unit")
        result = run_command(
            PYTEST, workspace.path / name, env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        )
    results = workspace.path / FOLDERS.get(name, name) / "results.xml"
    assert results.exists(), str(result)
    found: dict[str, str] = {}
    for case in ElementTree.parse(results).iter("testcase"):
        module = case.get("classname", "")
        file = module if name == "page" else f"{module.rpartition('.')[2]}.py"
        key = f"{file}::{case.get('name', '').partition('[')[0]}"
        problems = [child for child in case if child.tag in ("failure", "error", "skipped")]
        texts = [child.get("message") or child.text or child.tag for child in problems]
        found[key] = found.get(key, "") + "\n".join(texts)
    return found


@pytest.mark.parametrize("tests", UNIT_TESTS)
def test_unit_tests_pass(tests: list[str]) -> None:
    for suite, name in (test.split(": ", 1) for test in tests):
        if suite == "page" and (reasons := doctor.findings(doctor.node)):
            pytest.skip(reasons[0])
        outcomes = Session.current().run_once(f"unit-tests-{suite}", lambda s=suite: run_suite(s))
        named = {key: words for key, words in outcomes.items() if key.startswith(name)}
        failed = [f"{key}: {words}" for key, words in named.items() if words]
        assert named, f"no unit test {name}, there are: {', '.join(outcomes)}"
        assert not failed, "\n".join(failed)
