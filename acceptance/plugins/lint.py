"""Refuses to run when a scenario could pass without testing anything, or a requirement has no test."""

import ast
import inspect
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from acceptance.plugins import spec

STEPS = spec.FOLDER / "steps"
STEP_TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}
ARGUMENTS = {"dataTable": "datatable", "docString": "docstring"}
ASSERTING_CALLS = {"wait_until", "wait_while", "expect"}


def pytest_sessionstart(session: pytest.Session) -> None:
    """Raise UsageError with all findings, each a line with its location."""
    if not hasattr(session.config, "workerinput"):
        scenarios = list(spec.read_scenarios())
        found = [*_rule_problems(scenarios), *_step_problems(scenarios), *_requirement_problems()]
        if found:
            lines = dict.fromkeys(["the suite would not be sound:", *found])
            raise pytest.UsageError("\n".join(lines))


def _requirement_problems() -> Iterator[str]:
    known, expected = spec.known_requirements(), spec.expected_tests()
    for name in sorted(known - expected.keys()):
        yield f"acceptance/spec.toml: {name} has no Rule and no test"
    for name in sorted(expected.keys() - known):
        yield f"{min(expected[name])}: {name} is no requirement of acceptance/spec.toml"


def _rule_problems(scenarios: list[spec.Scenario]) -> Iterator[str]:
    rules = defaultdict[str, set[str]](set)
    for scenario in scenarios:
        if unknown := scenario.tags - spec.OTHER_TAGS:
            yield f"{scenario.location}: unknown tag {min(unknown)}"
        requirements = scenario.rule_tags - spec.OTHER_TAGS
        if len(requirements) != 1:
            yield f"{scenario.location}: its Rule must carry one requirement of acceptance/spec.toml"
        for name in requirements:
            rules[name].add(scenario.rule)
            if len(rules[name]) == 2:
                yield f"{scenario.location}: {name} has another Rule"


def _step_problems(scenarios: list[spec.Scenario]) -> Iterator[str]:
    names = Counter((scenario.feature, scenario.name) for scenario in scenarios)
    registered = step_function_context_registry.values()
    definitions = [c for c in registered if str(STEPS) in c.step_func.__code__.co_filename]
    used = set[str]()
    for scenario in scenarios:
        where = scenario.location
        if names[scenario.feature, scenario.name] > 1:
            yield f"{where}: two scenarios are called {scenario.name!r}, one would never run"
        if not scenario.tests:
            yield f"{where}: the Examples have no rows, so nothing would run"
        if len({test["name"] for test in scenario.tests}) < len(scenario.tests):
            yield f"{where}: two rows of the Examples make tests of one name"
        for step in (step for test in scenario.tests for step in test["steps"]):
            types = (None, STEP_TYPES.get(step["type"]))
            text = step["text"]
            matching = [c for c in definitions if c.type in types and c.parser.is_matching(text)]
            used.update(map(_location, matching))
            if len(matching) == 1:
                yield from (f"{where}: {problem}" for problem in _match_problems(step, matching[0]))
            else:
                found = ", ".join(map(_location, matching)) or "none"
                yield f"{where}: {text!r} must match one step definition, and matches: {found}"
        for test in scenario.tests:
            if not any(step["type"] == "Outcome" for step in test["steps"]):
                yield f"{where}: no Then step, so nothing is asserted"
    for context in definitions:
        yield from (f"{_location(context)}: {problem}" for problem in _definition_problems(context))
        if _location(context) not in used:
            yield f"{_location(context)}: no scenario uses this step"


def _match_problems(step: dict[str, Any], found: StepFunctionContext) -> Iterator[str]:
    given = {*step.get("argument", ()), *(found.parser.parse_arguments(step["text"]) or ())}
    given = {ARGUMENTS.get(name, name) for name in given}
    taken = inspect.signature(found.step_func).parameters.keys()
    if unread := given - taken:
        yield f"{_location(found)} does not take {', '.join(unread)}, so it is ignored"
    if missing := set(ARGUMENTS.values()) & taken - given:
        yield f"{step['text']!r} lacks the {', '.join(missing)}"


def _definition_problems(context: StepFunctionContext) -> Iterator[str]:
    function: Any = context.step_func
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield "an async step is never awaited"
    if context.type == "then":
        nodes = list(ast.walk(ast.parse(inspect.getsource(function))))
        calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
        if any(isinstance(node, ast.Return) for node in nodes):
            yield "a Then step returns a value, which nobody looks at"
        asserts = any(isinstance(node, ast.Assert) for node in nodes)
        if not asserts and not {call.split(".")[-1] for call in calls} & ASSERTING_CALLS:
            yield "a Then step asserts nothing"


def _location(context: StepFunctionContext) -> str:
    code = context.step_func.__code__
    return f"{spec.relative(Path(code.co_filename))}:{code.co_firstlineno}"
