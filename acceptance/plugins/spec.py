"""The specification: sections and requirements of spec.toml, their tests, and its own checks."""

import os
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial, reduce
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.feature import get_features
from pytest_bdd.parser import ScenarioTemplate
from pytest_bdd.scenario import scenario_wrapper_template_registry
from pytest_bdd.steps import step_function_context_registry

FOLDER = Path(__file__).parents[1]
FEATURES = FOLDER / "features"
FENCES = FEATURES / "00_scope.feature"  # its Rules name requirements of their own
TITLE = re.compile("^ *Scenario.*?: (.+)", re.MULTILINE)
ALL = "all"  # the tag of what a run without --all and without a selection leaves out
FIRST = "first"  # the tag of what runs first
OTHER_TAGS = {ALL, FIRST, "compose", "native", "node", "browser"}  # runtimes, prerequisites


@dataclass(frozen=True)
class Section:
    """A row of the verdict: a sentence and its requirements."""

    name: str
    sentence: str
    requirements: tuple[str, ...]  # by full name: SECTION-NAME


@cache
def load_sections() -> list[Section]:
    """Return the sections of spec.toml, with the requirements of this lot's scope."""
    fences = {tag for each in read_scenarios(FENCES) for tag in tags(each) - OTHER_TAGS}
    sections = []
    for name, table in tomllib.loads((FOLDER / "spec.toml").read_text()).items():
        own = sorted(fence for fence in fences if fence.startswith(f"{name}-"))
        own += [f"{name}-{key}" for key in table["requirements"]]
        sections.append(Section(name, table["sentence"], tuple(own)))
    return sections


@cache
def sections_by_requirement() -> dict[str, Section]:
    """Return the section of each requirement, by full name and in the order of spec.toml."""
    return {name: section for section in load_sections() for name in section.requirements}


def read_scenarios(path: Path = FEATURES) -> list[ScenarioTemplate]:
    """Return the scenarios of a feature, or of all."""
    return [each for feature in get_features([str(path)]) for each in feature.scenarios.values()]


def tags(scenario: ScenarioTemplate) -> set[str]:
    """Return a scenario's tags, those of its Rule and Feature included."""
    return scenario.tags | scenario.feature.tags | (scenario.rule.tags if scenario.rule else set())


def location(scenario: ScenarioTemplate) -> str:
    """Return a scenario's file and line, as editors understand them."""
    return f"acceptance/{scenario.feature.rel_filename}:{scenario.line_number}"


def rows(scenario: ScenarioTemplate) -> list[dict[str, str]]:
    """Return the values of each of a scenario's tests."""
    found = [row for examples in scenario.examples for row in examples.as_contexts()]
    return found if scenario.templated else [{}]


def requirement(name: str, *tags: str) -> Callable[[Any], Any]:
    """Return the last decorator of a test of acceptance/tests."""
    return lambda test: reduce(lambda it, tag: getattr(pytest.mark, tag)(it), (name, *tags), test)


def is_selection(config: pytest.Config) -> bool:
    """Return whether the command line names tests."""
    named = config.option.markexpr or config.option.keyword or config.option.lf
    return bool(named) or [os.path.normpath(path) for path in config.args] != ["acceptance"]


@cache
def expected_tests(everything: bool) -> dict[str, Counter[str]]:
    """Return the locations of each requirement's tests, with their number."""
    expected = defaultdict[str, Counter[str]](Counter)
    for scenario in read_scenarios():
        for name in tags(scenario) - OTHER_TAGS if everything or ALL not in tags(scenario) else ():
            expected[name][location(scenario)] = len(rows(scenario))
    decorator = re.compile(rf'^@requirement\("(.+?)"(, "{ALL}")?\)\ndef (\w+)', re.MULTILINE)
    for path in FOLDER.glob("tests/test_*.py"):
        for name, only_all, function in decorator.findall(path.read_text()):
            if everything or not only_all:
                expected[name][f"acceptance/tests/{path.name}::{function}"] = 1
    return expected


def _has_step(words: str, function: Any) -> bool:
    template = scenario_wrapper_template_registry.get(function)
    return any(re.search(words, step.name) for step in template.steps) if template else False


needs_stack = partial(_has_step, r"\bstack\b")  # whether a test is a scenario with a stack
is_timed = partial(_has_step, r"within \d+ seconds")  # or one that promises seconds


def describe(item: Any) -> dict[str, str]:
    """Return a test's requirement, rule, title and location. Raises UsageError without one."""
    mine = {mark.name for mark in item.iter_markers()} & sections_by_requirement().keys()
    if len(mine) != 1:
        raise pytest.UsageError(f"{item.nodeid}: must carry one requirement of spec.toml")
    template: Any = scenario_wrapper_template_registry.get(item.function)
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    if template:
        rule, place = template.rule.name, location(template)
        title = template.render(parameters.get("_pytest_bdd_example", {})).name
    else:
        place, bracket, case = item.nodeid.partition("[")
        rule = place.partition("::test_")[2].replace("_", " ")
        title = f"{rule} {bracket}{case}".strip()
    about = {"requirement": mine.pop(), "rule": rule, "title": title, "location": place}
    return about | {"runtime": parameters.get("runtime", "")}


def problems(path: Path, known: set[str]) -> Iterator[str]:
    """Check a feature, or a folder with all of them, against the known requirements."""
    for name in sorted(known - expected_tests(everything=True).keys()):
        yield f"acceptance/spec.toml: {name} has no Rule and no test"
    scenarios = read_scenarios(path)
    for feature in dict.fromkeys(scenario.feature for scenario in scenarios):
        titles = Counter(re.findall(TITLE, Path(feature.filename).read_text()))
        for title in titles - Counter({*titles}):
            yield f"acceptance/{feature.rel_filename}: two scenarios are named {title!r}"
    for scenario in scenarios:
        if len(tags(scenario) & known) != 1:
            yield f"{location(scenario)}: its Rule must carry one requirement of spec.toml"
        if not rows(scenario) or "then" not in [step.type for step in scenario.steps]:
            yield f"{location(scenario)}: no Then, or no rows of Examples"
    steps = [s for each in scenarios for row in rows(each) for s in each.render(row).steps]
    for context in step_function_context_registry.values():
        code = context.step_func.__code__
        texts = [step.name for step in steps if context.type in (None, step.type)]
        is_used = any(map(context.parser.is_matching, texts))
        if not is_used and Path(code.co_filename).is_relative_to(FOLDER / "steps"):
            yield f"{code.co_filename}: no scenario uses {code.co_name}"
