"""The specification: sections and requirements of spec.toml, and the tests that meet them."""

import os
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from pytest_bdd.scenario import scenario_wrapper_template_registry

FOLDER = Path(__file__).parents[1]
FENCES = FOLDER / "features/00_scope.feature"  # its Rules name requirements of their own
# prerequisites, and the only runtime of a test
OTHER_TAGS = {"compose", "native", "no_runtime", "node", "browser"}


@dataclass(frozen=True)
class Section:
    """A row of the verdict: a sentence and its requirements."""

    name: str
    sentence: str
    requirements: tuple[str, ...]  # by full name: SECTION-NAME


@cache
def load_sections() -> list[Section]:
    """Return the sections of spec.toml, with the requirements of this lot's scope."""
    fences = {tag for each in read_scenarios(FENCES) for tag in each.rule_tags - OTHER_TAGS}
    sections = []
    for name, table in tomllib.loads((FOLDER / "spec.toml").read_text()).items():
        own = [f"{name}-{key}" for key in table["requirements"]]
        own += sorted(fence for fence in fences if fence.startswith(f"{name}-"))
        sections.append(Section(name, table["sentence"], tuple(own)))
    return sections


def known_requirements() -> set[str]:
    """Return the full names of all requirements."""
    return {name for section in load_sections() for name in section.requirements}


@dataclass(frozen=True)
class Scenario:
    """A scenario with its Rule, and its tests on one runtime."""

    feature: Path
    line: int
    name: str
    rule_tags: frozenset[str]
    tests: tuple[dict[str, Any], ...]  # gherkin's "pickles", one for each row of the Examples

    @property
    def location(self) -> str:
        """File and line, as editors understand them."""
        return f"{relative(self.feature)}:{self.line}"


def read_scenarios(*paths: Path) -> Iterator[Scenario]:
    """Yield the scenarios of these features, or of all, in order."""
    for path in paths or sorted(FOLDER.glob("features/*.feature")):
        document: Any = Parser().parse(path.read_text())
        pickles: Any = Compiler().compile(document | {"uri": path.name})
        for child in document["feature"]["children"]:
            rule = child.get("rule", {"tags": [], "children": [child]})
            for node in (each["scenario"] for each in rule["children"] if "scenario" in each):
                tests = tuple(p for p in pickles if p["astNodeIds"][0] == node["id"])
                line = node["location"]["line"]
                tags = frozenset(tag["name"].removeprefix("@") for tag in rule["tags"])
                yield Scenario(path, line, node["name"], tags, tests)


def requirement(name: str) -> pytest.MarkDecorator:
    """Return the last decorator of a test of acceptance/tests."""
    return getattr(pytest.mark, name)


def read_plain_tests() -> Iterator[tuple[str, str]]:
    """Yield the requirement and the location of every test of acceptance/tests."""
    for path in sorted(FOLDER.glob("tests/test_*.py")):
        last_decorator = r'^@requirement\("(.+)"\)\ndef (\w+)'
        for name, function in re.findall(last_decorator, path.read_text(), re.MULTILINE):
            yield name, f"{relative(path)}::{function}"


def expected_tests() -> dict[str, Counter[str]]:
    """Return the locations of each requirement's tests, with their number."""
    expected = defaultdict[str, Counter[str]](Counter)
    for scenario in read_scenarios():
        for tag in scenario.rule_tags - OTHER_TAGS:
            expected[tag][scenario.location] += len(scenario.tests)
    for name, location in read_plain_tests():
        expected[name][location] = 1
    return expected


def describe(item: pytest.Item) -> dict[str, str]:
    """Return a test's requirement, rule, title and location. Raises UsageError without one."""
    mine = {mark.name for mark in item.iter_markers()} & known_requirements()
    if len(mine) != 1:
        raise pytest.UsageError(f"{item.nodeid}: must carry one requirement of spec.toml")
    function: Any = getattr(item, "function", None)
    template: Any = scenario_wrapper_template_registry.get(function)
    if template:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        rule = template.rule.name
        title = template.render(parameters.get("_pytest_bdd_example", {})).name
        location = f"{relative(Path(template.feature.filename))}:{template.line_number}"
    else:
        name, _, case = item.name.partition("[")
        rule = name.removeprefix("test_").replace("_", " ")
        title = f"{rule} [{case}" if case else rule
        location = f"{relative(item.path)}::{name}"
    return {"requirement": mine.pop(), "rule": rule, "title": title, "location": location}


def relative(path: Path) -> str:
    """Return a path relative to the root of the project."""
    return os.path.relpath(path, FOLDER.parent)
