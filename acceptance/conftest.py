"""The suite's command-line options, and the fixtures that give a scenario its stack."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acceptance.drivers import compose, machine
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.embedded import EmbeddedStack
from acceptance.drivers.stack import Stack
from acceptance.drivers.tree import Tree
from acceptance.support import evidence
from acceptance.support.checklist import OTHER_TAGS, known_requirements
from acceptance.support.run import Run

pytest_plugins = [
    "acceptance.support.progress",
    "acceptance.support.scheduling",
    "acceptance.support.verdict",
    "acceptance.support.soundness",
    "acceptance.support.report",
    "acceptance.steps.stack",
    "acceptance.steps.data",
    "acceptance.steps.api",
    "acceptance.steps.worker",
    "acceptance.steps.project",
    "acceptance.steps.suite",
    "acceptance.steps.dev",
    "acceptance.steps.page",
]
RUNTIMES = {"compose": ComposeStack, "embedded": EmbeddedStack}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("acceptance")
    group.addoption(
        "--runtime",
        choices=[*RUNTIMES, "both"],
        default=None,
        help="what runs the services: containers, plain processes, or both "
        "(default: plain processes, and containers when a Docker engine answers)",
    )


def pytest_configure(config: pytest.Config) -> None:
    tags = known_requirements() | OTHER_TAGS
    for tag in sorted(tags):
        config.addinivalue_line("markers", f"{tag}: a tag of the features")
    if unknown := set(re.findall(r"[\w-]+", config.option.markexpr)) - tags - {"and", "or", "not"}:
        raise pytest.UsageError(
            f"-m: no requirement {min(unknown)}; `python -m acceptance.requirements` lists them"
        )
    if config.option.collectonly:
        return
    if hasattr(config, "workerinput"):
        Run.current().join()
    else:
        config.run = Run.begin()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say what is missing on this machine: what was found, and what is needed."""
    if not hasattr(session.config, "workerinput"):
        terminal = session.config.pluginmanager.get_plugin("terminalreporter")
        asked = [machine.node_missing, machine.browser_missing]
        if session.config.getoption("--runtime") != "embedded":
            asked.insert(0, compose.unavailable)
        for reason in filter(None, (ask() for ask in asked)):
            terminal.write_line(reason, yellow=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "run"):
        config.run.end()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a scenario on each runtime, but for those that need none, or only hold on one."""
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    if "anywhere" in marks:
        return
    asked = metafunc.config.getoption("--runtime")
    names = list(RUNTIMES) if asked in (None, "both") else [asked]
    if only := marks & set(RUNTIMES):
        names = list(only)
    elif asked is None and compose.unavailable():
        names = ["embedded"]
    metafunc.parametrize("runtime", names, indirect=True, scope="session")


@pytest.fixture(scope="session", autouse=True)
def runtime(request: pytest.FixtureRequest) -> type[Stack] | None:
    """The class of stack that the scenario runs on; none when it needs none."""
    name = getattr(request, "param", None)
    if name and request.config.getoption("--runtime") not in (None, "both", name):
        pytest.skip(f"only holds on the runtime {name}; run with --runtime both")
    if name == "compose" and (reason := compose.unavailable()):
        pytest.skip(f"needs containers: {reason}")
    return RUNTIMES.get(name)


@pytest.fixture(autouse=True)
def needs(request: pytest.FixtureRequest) -> None:
    """Not verified here, rather than failed, when the scenario needs what this machine does not have."""
    evidence.begin(request.config.option.report)
    for place, unavailable in {
        "node": machine.node_missing,
        "browser": machine.browser_missing,
    }.items():
        if request.node.get_closest_marker(place) and (reason := unavailable()):
            pytest.skip(reason)


@pytest.fixture
def shared_stack(runtime: type[Stack]) -> Stack:
    """The stack that all scenarios share which only read: started once in a run, by whoever comes first."""

    def start() -> dict:
        stack = runtime(Tree.copy(f"shared-{runtime.name}"))
        stack.start()
        return {"tree": str(stack.tree.path), "ports": stack.ports}

    facts = Run.current().once(f"stack-{runtime.name}", start)
    return runtime(Tree(Path(facts["tree"])), facts["ports"])


@pytest.fixture
def own_stack(runtime: type[Stack]) -> Iterator[Callable[..., Stack]]:
    """Makes stacks for this scenario alone; they are removed when it ends."""
    made: list[Stack] = []

    def make(*services: str, tree: Tree | None = None, wait: bool = True, **facts: dict) -> Stack:
        stack = runtime(tree or Tree.copy("own"), **facts)
        made.append(stack)
        stack.start(*services, wait=wait)
        return stack

    yield make
    for stack in made:
        stack.remove()


@pytest.hookimpl(tryfirst=True)
def pytest_bdd_step_error(request: pytest.FixtureRequest, scenario, step) -> None:
    """When a step fails, keep what a person would ask for; the last piece is about what the step is about."""
    if stack := _stack_of(request):
        about = " ".join(
            [
                dict(request.node.user_properties)["rule"],
                scenario.name,
                *(each.name for each in scenario.steps),
            ]
        )
        pieces = stack.evidence().items()
        for name, text in sorted(
            pieces, key=lambda piece: (piece[0] in step.name, "unhealthy" in piece[1])
        ):
            evidence.attach(name, text, telling=name in about or "unhealthy" in text)


def _stack_of(request: pytest.FixtureRequest) -> Stack | None:
    try:
        return request.getfixturevalue("stack")
    except pytest.FixtureLookupError:
        return None
