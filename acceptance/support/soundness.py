"""The suite refuses to run when a scenario could pass without testing anything.

Each check is a way in which pytest-bdd, left alone, shows green for nothing.
"""

import ast
import inspect
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from acceptance.support.checklist import OTHER_TAGS, known_requirements
from acceptance.support.features import Scenario, read_scenarios

BELOW_STEPS = {
    "subprocess",
    "time",
    "os",
    "socket",
    "signal",
    "psutil",
    "docker",
    "python_on_whales",
    "playwright",
}
STEPS = Path(__file__).parents[1] / "steps"


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        if problems := list(find_problems()):
            raise pytest.UsageError("the suite would not be sound:\n" + "\n".join(problems))


def find_problems() -> Iterator[str]:
    """Every reason not to trust the suite, each a line with file and line number."""
    scenarios = list(read_scenarios())
    yield from _rule_problems(scenarios)
    names = Counter((scenario.feature, scenario.name) for scenario in scenarios)
    own = [
        c
        for c in step_function_context_registry.values()
        if str(STEPS) in c.step_func.__code__.co_filename
    ]
    definitions = list({id(context.step_func): context for context in own}.values())
    used: set[int] = set()
    seen: set[tuple] = set()  # the same step in another test has the same problems
    for scenario in scenarios:
        if names[scenario.feature, scenario.name] > 1:
            yield f"{scenario.where}: two scenarios are called {scenario.name!r}, and one of them would never run"
        if not scenario.tests:
            yield f"{scenario.where}: the Examples have no rows, so nothing would run"
        if len({test["name"] for test in scenario.tests}) < len(scenario.tests):
            yield f"{scenario.where}: two rows of the Examples make tests of one name, and one would count for both"
        for test in scenario.tests:
            if not any(step["type"] == "Outcome" for step in test["steps"]):
                yield f"{scenario.where}: no Then step, so nothing is asserted"
            for step in test["steps"]:
                if (same := (step["type"], step["text"], *step.get("argument", ()))) not in seen:
                    seen.add(same)
                    yield from _step_problems(scenario, step, definitions, used)
    for context in definitions:
        yield from _definition_problems(context)
        if id(context.step_func) not in used:
            yield f"{_where(context)}: no scenario uses this step"
    for path in STEPS.glob("*.py"):
        yield from _layer_problems(path)


def _rule_problems(scenarios: list[Scenario]) -> Iterator[str]:
    known = known_requirements()
    rules = defaultdict(set)
    for scenario in scenarios:
        if unknown := (scenario.tags | scenario.rule_tags) - known - OTHER_TAGS:
            yield f"{scenario.where}: unknown tag {', '.join(sorted(unknown))}; is it in acceptance/requirements.toml?"
        ids = scenario.rule_tags & known
        if len(ids) != 1:
            yield f"{scenario.where}: its Rule must carry one requirement of acceptance/requirements.toml, not {len(ids)}"
        for identity in ids:
            rules[identity].add(scenario.rule)
    for identity in sorted(known):
        if len(rules[identity]) != 1:
            yield f"acceptance/requirements.toml: {identity} has {len(rules[identity])} Rules with scenarios, not one"


def _step_problems(
    scenario: Scenario, step: dict, definitions: list, used: set[int]
) -> Iterator[str]:
    kind = {"Context": "given", "Action": "when", "Outcome": "then"}.get(step["type"])
    found = [
        c for c in definitions if c.type in (None, kind) and c.parser.is_matching(step["text"])
    ]
    if len(found) != 1:
        names = ", ".join(map(_where, found)) or "none"
        yield f"{scenario.where}: {step['text']!r} must match one step definition, and matches: {names}"
        return
    used.add(id(found[0].step_func))
    given = {*step.get("argument", ()), *(found[0].parser.parse_arguments(step["text"]) or ())}
    given = {{"dataTable": "datatable", "docString": "docstring"}.get(name, name) for name in given}
    taken = inspect.signature(found[0].step_func).parameters.keys()
    if unread := given - taken:
        yield f"{scenario.where}: {_where(found[0])} does not take {', '.join(unread)}, so that is never looked at"
    if missing := {"datatable", "docstring"} & taken - given:
        yield f"{scenario.where}: {step['text']!r} lacks the {', '.join(missing)} that {_where(found[0])} takes"


def _definition_problems(context: StepFunctionContext) -> Iterator[str]:
    if inspect.iscoroutinefunction(context.step_func) or inspect.isasyncgenfunction(
        context.step_func
    ):
        yield f"{_where(context)}: an async step is never awaited"
    if context.type == "then":
        nodes = list(ast.walk(ast.parse(inspect.getsource(context.step_func))))
        if any(isinstance(node, ast.Return) for node in nodes):
            yield f"{_where(context)}: a Then step returns a value, which nobody looks at"
        calls = {
            ast.unparse(node.func).split(".")[-1] for node in nodes if isinstance(node, ast.Call)
        }
        asserts = any(isinstance(node, ast.Assert) for node in nodes)
        if not asserts and not calls & {"wait_until", "expect"}:
            yield f"{_where(context)}: a Then step asserts nothing"


def _layer_problems(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.split(".")[0] in BELOW_STEPS:
                yield f"acceptance/steps/{path.name}:{node.lineno}: steps leave {name} to the drivers"
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 1023:
            yield f"acceptance/steps/{path.name}:{node.lineno}: steps hold no port number"


def _where(context: StepFunctionContext) -> str:
    code = context.step_func.__code__
    return f"acceptance/steps/{Path(code.co_filename).name}:{code.co_firstlineno}"
