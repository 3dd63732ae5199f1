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

from acceptance.support.checklist import PLACES, known_requirements
from acceptance.support.features import Scenario, read_scenarios

BELOW_STEPS = {"subprocess", "time", "os", "socket", "signal", "psutil", "docker", "python_on_whales", "playwright"}
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
    used: set[int] = set()
    for scenario in scenarios:
        if names[scenario.feature, scenario.name] > 1:
            yield f"{scenario.where}: two scenarios are called {scenario.name!r}, and one of them would never run"
        if scenario.examples == ():
            yield f"{scenario.where}: the Examples have no rows, so nothing would run"
        if not any(_kind(scenario, step) == "then" for step in scenario.steps):
            yield f"{scenario.where}: no Then step, so nothing is asserted"
        for step in scenario.steps:
            yield from _step_problems(scenario, step, used)
    for context in _contexts():
        yield from _definition_problems(context)
        if id(context.step_func) not in used:
            yield f"{_where(context)}: no scenario uses this step"
    for path in STEPS.glob("*.py"):
        yield from _layer_problems(path)


def _rule_problems(scenarios: list[Scenario]) -> Iterator[str]:
    known = known_requirements()
    rules = defaultdict(set)
    for scenario in scenarios:
        unknown = (scenario.tags | scenario.rule_tags) - known - PLACES
        if unknown:
            yield f"{scenario.where}: unknown tag {', '.join(sorted(unknown))}; is it in acceptance/requirements.toml?"
        ids = scenario.rule_tags & known
        if len(ids) != 1:
            yield f"{scenario.where}: its Rule must carry one requirement of acceptance/requirements.toml, not {len(ids)}"
        for identity in ids:
            rules[identity].add(scenario.rule)
    for identity, sentences in rules.items():
        if len(sentences) > 1:
            yield f"acceptance/features: {len(sentences)} Rules carry @{identity}"
    for identity in sorted(known - set(rules)):
        yield f"acceptance/requirements.toml: {identity} has no scenario"


def _contexts() -> list[StepFunctionContext]:
    own = [c for c in step_function_context_registry.values() if str(STEPS) in c.step_func.__code__.co_filename]
    return list({id(context.step_func): context for context in own}.values())


def _kind(scenario: Scenario, step: dict) -> str:
    kind = ""
    for other in scenario.steps:
        kind = {"Context": "given", "Action": "when", "Outcome": "then"}.get(other["keywordType"], kind)
        if other is step:
            break
    return kind


def _step_problems(scenario: Scenario, step: dict, used: set[int]) -> Iterator[str]:
    where = f"acceptance/features/{scenario.feature.name}:{step['location']['line']}"
    for text in scenario.step_texts(step):
        found = [c for c in _contexts() if c.type in (None, _kind(scenario, step)) and c.parser.is_matching(text)]
        if len({id(c.step_func) for c in found}) != 1:
            names = ", ".join(_where(context) for context in found) or "none"
            yield f"{where}: {text!r} must match one step definition, and matches: {names}"
            continue
        used.add(id(found[0].step_func))
        parameters = inspect.signature(found[0].step_func).parameters
        for argument, key in (("datatable", "dataTable"), ("docstring", "docString")):
            if (key in step) != (argument in parameters):
                yield f"{where}: the {argument} of the step and of {_where(found[0])} do not agree"
        for argument in found[0].parser.parse_arguments(text) or {}:
            if argument not in parameters:
                yield f"{where}: {_where(found[0])} does not take {argument!r}, so its value is never looked at"


def _definition_problems(context: StepFunctionContext) -> Iterator[str]:
    if inspect.iscoroutinefunction(context.step_func) or inspect.isasyncgenfunction(context.step_func):
        yield f"{_where(context)}: an async step is never awaited"
    if context.type == "then":
        nodes = list(ast.walk(ast.parse(inspect.getsource(context.step_func))))
        if any(isinstance(node, ast.Return) for node in nodes):
            yield f"{_where(context)}: a Then step returns a value, which nobody looks at"
        calls = {ast.unparse(node.func).split(".")[-1] for node in nodes if isinstance(node, ast.Call)}
        if not any(isinstance(node, ast.Assert) for node in nodes) and not calls & {"wait_until", "expect"}:
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
