"""Options, scheduling and fixtures of the suite."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

try:
    import doctor
    from pytest_bdd.scenario import scenario_wrapper_template_registry

    from acceptance.drivers.browser import PAGE_ORIGINS, Page, launch
    from acceptance.drivers.compose import ComposeStack
    from acceptance.drivers.native import NativeStack
    from acceptance.drivers.stack import Stack
    from acceptance.drivers.workspace import Workspace
    from acceptance.plugins.spec import OTHER_TAGS, describe, known_requirements, load_sections
    from acceptance.support.attachments import FAILED, attach, keeps
    from acceptance.support.session import Session
except ModuleNotFoundError as error:
    if (error.name or "").startswith(("acceptance", "doctor", "native")):
        raise
    sys.exit(
        f"{error}: this is not the environment of the suite; ./scripts/verify.sh runs it there"
    )

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

PLUGINS = [f"acceptance.plugins.{name}" for name in ("artifacts", "lint", "verdict")]
STEPS = sorted(path.stem for path in Path(__file__).parent.glob("steps/[!_]*.py"))
pytest_plugins = [*PLUGINS, *(f"acceptance.steps.{name}" for name in STEPS)]
RUNTIMES: dict[str, type[Stack]] = {"compose": ComposeStack, "native": NativeStack}
PREREQUISITES = {"node": doctor.node, "browser": doctor.browser, "compose": doctor.engine}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("acceptance").addoption(
        "--runtime",
        choices=[*RUNTIMES, "both"],
        help="what runs the services: containers, plain processes, or both "
        "(default: plain processes, and containers when a Docker engine answers)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the tags as markers, and begin the session."""
    tags = known_requirements() | {each.name for each in load_sections()} | OTHER_TAGS
    for tag in sorted(tags):
        config.addinivalue_line("markers", tag)
    if unknown := set(re.findall(r"[\w-]+", config.option.markexpr)) - tags - {"and", "or", "not"}:
        raise pytest.UsageError(f"-m: no section or requirement {min(unknown)} in spec.toml")
    if hasattr(config, "workerinput"):
        Session.current().register(os.getpid())
        return
    if reasons := doctor.findings(doctor.env_file):
        raise pytest.UsageError("\n".join(reasons))
    if not config.option.collectonly:
        session = Session.begin()
        config.add_cleanup(lambda: session.end(keeps(config)))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Print the missing prerequisites."""
    if hasattr(session.config, "workerinput"):
        return
    terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    natively = session.config.getoption("--runtime") == "native"
    for name, check in PREREQUISITES.items():
        for reason in doctor.findings(check) if not (natively and name == "compose") else ():
            terminal.write_line(reason, yellow=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a scenario on each of its runtimes."""
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    only = marks & set(RUNTIMES)
    is_scenario = metafunc.function in scenario_wrapper_template_registry
    if "no_runtime" in marks or not (is_scenario or only):
        return
    asked = metafunc.config.getoption("--runtime")
    names = sorted(only) or (list(RUNTIMES) if asked in (None, "both") else [asked])
    if asked is None and not only and doctor.findings(doctor.engine):
        names = ["native"]
    metafunc.parametrize("runtime", names, indirect=True, scope="session")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Any:
    """Mark each test with its section, and run the tests in the order of the specification."""
    sections = {name: each.name for each in load_sections() for name in each.requirements}
    order = list(sections)
    requirements = {item: describe(item)["requirement"] for item in items}
    for item, name in requirements.items():
        item.add_marker(sections[name])
    result = yield  # pytest deselects, and groups by runtime
    items.sort(key=lambda item: order.index(requirements[item]))
    return result


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests of another runtime, and tests whose prerequisites are missing."""
    runtime = dict(item.user_properties)["runtime"]
    if runtime and item.config.getoption("--runtime") not in (None, "both", runtime):
        pytest.skip(f"only holds on the runtime {runtime}; run with --runtime both")
    needs = {mark.name for mark in item.iter_markers()} - set(RUNTIMES) | {runtime}
    for name, check in PREREQUISITES.items():
        if name in needs and (reasons := doctor.findings(check)):
            pytest.skip(reasons[0])


@pytest.fixture(scope="session", autouse=True)
def runtime(request: pytest.FixtureRequest) -> type[Stack] | None:
    """Return the class of the test's stack, or None without one."""
    return RUNTIMES.get(getattr(request, "param", ""))


@pytest.fixture
def shared_stack(runtime: type[Stack]) -> Stack:
    """Return the stack of all tests that only read, started once in a run."""

    def start() -> dict[str, Any]:
        stack = runtime(Workspace.copy(f"shared-{runtime.runtime}"))
        stack.start()
        return {"folder": str(stack.workspace.path), "ports": stack.ports}

    started = Session.current().run_once(f"stack-{runtime.runtime}", start)
    return runtime(Workspace(Path(started["folder"])), started["ports"])


@pytest.fixture
def new_stack(
    request: pytest.FixtureRequest, runtime: type[Stack]
) -> Iterator[Callable[..., Stack]]:
    """Return a function that makes a stack for this test only."""
    with ExitStack() as at_the_end:

        def make(workspace: Workspace, **options: Any) -> Stack:
            stack = runtime(workspace, **options)
            at_the_end.callback(stack.remove)
            return stack

        yield make
        if request.config.option.keep and request.node.stash.get(FAILED, False):
            at_the_end.pop_all()


@pytest.fixture
def workspace(request: pytest.FixtureRequest) -> Workspace:
    """Return the workspace of the test's stack, unless a step makes another."""
    return request.getfixturevalue("stack").workspace


@pytest.fixture(scope="session")
def browser() -> "Iterator[BrowserContext]":
    """Return the browser of this process."""
    with launch() as browser:
        yield browser


@pytest.fixture
def open_page(request: pytest.FixtureRequest, browser: "BrowserContext") -> Callable[..., Page]:
    """Return a function that opens a page, given handlers for the page and the API."""

    def open_(page: Any, api: Any, address: str = PAGE_ORIGINS[0], script: str = "") -> Page:
        opened = Page(browser, page, api)
        request.addfinalizer(opened.playwright.close)
        opened.playwright.add_init_script(script)
        opened.open(address)
        return opened

    return open_


@pytest.hookimpl(tryfirst=True)
def pytest_bdd_step_error(request: pytest.FixtureRequest) -> None:
    """Attach diagnostics of the stack and the page to a failed test."""
    with suppress(pytest.FixtureLookupError):
        for name, text in request.getfixturevalue("stack").diagnostics().items():
            attach(name, text)
    with suppress(pytest.FixtureLookupError):
        page = request.getfixturevalue("page")
        attach("the page", page.playwright.screenshot())
        attach("the page", page.diagnostics())
