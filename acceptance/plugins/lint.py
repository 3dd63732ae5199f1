"""Checks of the specification before a run: scenarios that would test nothing, requirements without tests."""

from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path

import pytest
from pytest_bdd.steps import step_function_context_registry

from acceptance.plugins import spec

STEP_TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}


def pytest_sessionstart(session: pytest.Session) -> None:
    """Raise UsageError with a line for each problem."""
    if not hasattr(session.config, "workerinput"):
        scenarios, known = list(spec.read_scenarios()), spec.known_requirements()
        problems = [
            *requirement_problems(known, spec.expected_tests()),
            *scenario_problems(scenarios, known),
            *unused_steps(scenarios),
        ]
        if problems:
            raise pytest.UsageError("\n".join(["invalid specification:", *problems]))


def requirement_problems(known: set[str], expected: dict[str, Counter[str]]) -> Iterator[str]:
    """Compare the requirements of spec.toml with those of Rules and tests."""
    for name in sorted(known - expected.keys()):
        yield f"acceptance/spec.toml: {name} has no Rule and no test"
    for name in sorted(expected.keys() - known):
        yield f"{min(expected[name])}: acceptance/spec.toml has no requirement {name}"


def scenario_problems(scenarios: list[spec.Scenario], known: Container[str]) -> Iterator[str]:
    """Find scenarios that would not run, assert nothing, or count for no requirement."""
    names = Counter((scenario.feature, scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        if len([tag for tag in scenario.rule_tags if tag in known]) != 1:
            yield f"{scenario.location}: its Rule must carry one requirement of acceptance/spec.toml"
        if names[scenario.feature, scenario.name] > 1:
            yield f"{scenario.location}: another scenario has the same name {scenario.name!r}"
        if not scenario.tests:
            yield f"{scenario.location}: the Examples have no rows"
        if any("Outcome" not in [step["type"] for step in t["steps"]] for t in scenario.tests):
            yield f"{scenario.location}: no Then step"


def unused_steps(scenarios: list[spec.Scenario]) -> Iterator[str]:
    """Find step definitions that match no step."""
    tests = [test for scenario in scenarios for test in scenario.tests]
    steps = {(STEP_TYPES.get(s["type"]), s["text"]) for test in tests for s in test["steps"]}
    for context in step_function_context_registry.values():
        path = Path(context.step_func.__code__.co_filename)
        texts = [text for kind, text in steps if context.type in (None, kind)]
        is_used = any(map(context.parser.is_matching, texts))
        if path.is_relative_to(spec.FOLDER / "steps") and not is_used:
            yield f"{spec.relative(path)}: no scenario uses {context.step_func.__name__}"
