"""Refuses to run when a scenario could pass without testing anything, or a requirement has no test."""

import ast
import inspect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from acceptance.plugins.spec import (
    FOLDER,
    OTHER_TAGS,
    Scenario,
    expected_tests,
    known_requirements,
    read_scenarios,
)

STEPS = FOLDER / "steps"
STEP_TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}
ARGUMENTS = {"dataTable": "datatable", "docString": "docstring"}
ASSERTING_CALLS = {"wait_until", "expect"}


def pytest_sessionstart(session: pytest.Session) -> None:
    """Raise UsageError with all findings, each a line with its location."""
    if not hasattr(session.config, "workerinput"):
        problems = [*find_problems(list(read_scenarios()), STEPS), *_requirement_problems()]
        if problems:
            raise pytest.UsageError("the suite would not be sound:\n" + "\n".join(problems))


def _requirement_problems() -> Iterator[str]:
    known, expected = known_requirements(), expected_tests()
    for name in sorted(known - expected.keys()):
        yield f"acceptance/spec.toml: {name} has no Rule and no test"
    for name in sorted(expected.keys() - known):
        yield f"{min(expected[name])}: {name} is no requirement of acceptance/spec.toml"


def find_problems(scenarios: list[Scenario], steps: Path) -> Iterator[str]:
    """Yield every reason not to trust these scenarios and the steps defined below a folder."""
    yield from _rule_problems(scenarios)
    names = Counter((scenario.feature, scenario.name) for scenario in scenarios)
    registered = step_function_context_registry.values()
    own = [c for c in registered if str(steps) in c.step_func.__code__.co_filename]
    definitions = list({id(context.step_func): context for context in own}.values())
    used: set[int] = set()
    seen: set[tuple] = set()  # the same step in another test has the same problems
    for scenario in scenarios:
        where = scenario.location
        if names[scenario.feature, scenario.name] > 1:
            yield f"{where}: two scenarios are called {scenario.name!r}, one would never run"
        if not scenario.tests:
            yield f"{where}: the Examples have no rows, so nothing would run"
        if len({test["name"] for test in scenario.tests}) < len(scenario.tests):
            yield f"{where}: two rows of the Examples make tests of one name"
        for test in scenario.tests:
            if not any(step["type"] == "Outcome" for step in test["steps"]):
                yield f"{where}: no Then step, so nothing is asserted"
            for step in test["steps"]:
                key = (step["type"], step["text"], *step.get("argument", ()))
                if key not in seen:
                    seen.add(key)
                    yield from _step_problems(where, step, definitions, used)
    for context in definitions:
        yield from _definition_problems(context)
        if id(context.step_func) not in used:
            yield f"{_location(context)}: no scenario uses this step"


def _rule_problems(scenarios: list[Scenario]) -> Iterator[str]:
    rules = defaultdict[str, set[str]](set)
    for scenario in scenarios:
        if unknown := scenario.tags - OTHER_TAGS:
            yield f"{scenario.location}: unknown tag {min(unknown)}"
        requirements = scenario.rule_tags - OTHER_TAGS
        if len(requirements) != 1:
            yield f"{scenario.location}: its Rule must carry one requirement of acceptance/spec.toml"
        for name in requirements:
            rules[name].add(scenario.rule)
            if len(rules[name]) == 2:
                yield f"{scenario.location}: {name} has another Rule"


def _step_problems(
    where: str, step: dict, definitions: Iterable[StepFunctionContext], used: set[int]
) -> Iterator[str]:
    types = (None, STEP_TYPES.get(step["type"]))
    matching = [c for c in definitions if c.type in types and c.parser.is_matching(step["text"])]
    if len(matching) != 1:
        names = ", ".join(map(_location, matching)) or "none"
        yield f"{where}: {step['text']!r} must match one step definition, and matches: {names}"
        return
    [found] = matching
    used.add(id(found.step_func))
    given = {*step.get("argument", ()), *(found.parser.parse_arguments(step["text"]) or ())}
    given = {ARGUMENTS.get(name, name) for name in given}
    taken = inspect.signature(found.step_func).parameters.keys()
    if unread := given - taken:
        yield f"{where}: {_location(found)} does not take {', '.join(unread)}, so it is ignored"
    if missing := set(ARGUMENTS.values()) & taken - given:
        yield f"{where}: {step['text']!r} lacks the {', '.join(missing)}"


def _definition_problems(context: StepFunctionContext) -> Iterator[str]:
    function: Any = context.step_func
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield f"{_location(context)}: an async step is never awaited"
    if context.type == "then":
        nodes = list(ast.walk(ast.parse(inspect.getsource(function))))
        if any(isinstance(node, ast.Return) for node in nodes):
            yield f"{_location(context)}: a Then step returns a value, which nobody looks at"
        calls = {
            ast.unparse(node.func).split(".")[-1] for node in nodes if isinstance(node, ast.Call)
        }
        asserts = any(isinstance(node, ast.Assert) for node in nodes)
        if not asserts and not calls & ASSERTING_CALLS:
            yield f"{_location(context)}: a Then step asserts nothing"


def _location(context: StepFunctionContext) -> str:
    code = context.step_func.__code__
    path = Path(code.co_filename)
    shown = path.relative_to(FOLDER.parent) if path.is_relative_to(FOLDER.parent) else path
    return f"{shown}:{code.co_firstlineno}"
