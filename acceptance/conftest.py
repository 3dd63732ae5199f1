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

    from acceptance.drivers import worker
    from acceptance.drivers.browser import PAGE_ORIGINS, Page, launch
    from acceptance.drivers.compose import ComposeStack
    from acceptance.drivers.native import NativeStack
    from acceptance.drivers.stack import Stack
    from acceptance.drivers.workspace import Workspace
    from acceptance.plugins import spec
    from acceptance.support.attachments import ARTIFACTS, FAILED, attach
    from acceptance.support.session import Session
    from acceptance.support.waiting import wait_until
except ModuleNotFoundError as error:
    if (error.name or "").startswith(("acceptance", "doctor", "native")):
        raise
    sys.exit(
        f"{error}: this is not the environment of the suite; ./scripts/verify.sh runs it there"
    )

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

PLUGINS = [f"acceptance.plugins.{name}" for name in ("artifacts", "verdict")]
STEPS = sorted(path.stem for path in Path(__file__).parent.glob("steps/[!_]*.py"))
pytest_plugins = [*PLUGINS, *(f"acceptance.steps.{name}" for name in STEPS)]
RUNTIMES: dict[str, type[Stack]] = {"compose": ComposeStack, "native": NativeStack}
PREREQUISITES = {"node": doctor.node, "browser": doctor.browser, "compose": doctor.engine}
UNTIMED = pytest.StashKey[int]()  # how many of the selected tests promise no seconds
MAX_PROCESSES = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("acceptance")
    group.addoption(
        "--all",
        action="store_true",
        help="run everything, on each runtime of this machine; fail when something cannot be verified",
    )
    group.addoption(
        "--runtime",
        choices=RUNTIMES,
        help="what runs the services: containers or plain processes "
        "(default: containers when a Docker engine answers)",
    )


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes to use besides this one: none for a few tests, which wait for them."""
    if spec.is_selection(config) or config.option.collectonly:
        return 0
    return min((os.cpu_count() or 1) + 1 + config.option.all, MAX_PROCESSES)


def pytest_configure(config: pytest.Config) -> None:
    """Register the tags as markers, and begin the session."""
    known = spec.sections_by_requirement()
    tags = known.keys() | {each.name for each in known.values()} | spec.OTHER_TAGS
    for tag in sorted(tags):
        config.addinivalue_line("markers", tag)
    if unknown := set(re.findall(r"[\w-]+", config.option.markexpr)) - tags - {"and", "or", "not"}:
        raise pytest.UsageError(f"-m: no section or requirement {min(unknown)} in spec.toml")
    if hasattr(config, "workerinput"):
        Session.current().register(f"process-{os.getpid()}")
        return
    if reasons := doctor.findings(doctor.env_file):
        raise pytest.UsageError("\n".join(reasons))
    if not config.option.collectonly:
        session = Session.begin()
        config.add_cleanup(lambda: session.end(config.option.keep and ARTIFACTS.exists()))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a scenario with a stack on its runtimes: with --all and --lf on each, else on one."""
    only = {mark.name for mark in metafunc.definition.iter_markers()} & RUNTIMES.keys()
    if not only and not spec.needs_stack(metafunc.function):
        return
    asked = metafunc.config.getoption("--runtime")
    names = sorted(only or RUNTIMES)  # containers first
    if asked in names:
        names = [asked]
    elif "native" in names and doctor.findings(doctor.engine):
        names = ["native"]
    if not (metafunc.config.option.all or metafunc.config.option.lf):
        names = names[:1]
    metafunc.parametrize("runtime", names, indirect=True, scope="session")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Any:
    """Mark each test with its section, choose, and sort: by the specification, timed tests last."""
    sections = spec.sections_by_requirement()
    order = list(sections)
    requirements = {item: spec.describe(item)["requirement"] for item in items}
    for item, name in requirements.items():
        item.add_marker(sections[name].name)
    asked = config.option.runtime
    left = [item for item in items if asked and _runtime(item) not in ("", asked)]
    if not config.option.all and not spec.is_selection(config):
        left += [item for item in items if item.get_closest_marker(spec.ALL)]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)
    result = yield  # pytest deselects, and groups by runtime
    items.sort(
        key=lambda item: (_is_timed(item), not _is_first(item), order.index(requirements[item]))
    )
    config.stash[UNTIMED] = sum(not _is_timed(item) for item in items)
    return result


def _is_timed(item: Any) -> bool:
    return spec.is_timed(item.function)


def _is_first(item: pytest.Item) -> bool:
    return item.get_closest_marker(spec.FIRST) is not None


def _runtime(item: Any) -> str:
    return item.callspec.params.get("runtime", "") if hasattr(item, "callspec") else ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests whose prerequisites are missing."""
    needs = {mark.name for mark in item.iter_markers()} - RUNTIMES.keys() | {_runtime(item)}
    for name, check in PREREQUISITES.items():
        if name in needs and (reasons := doctor.findings(check)):
            pytest.skip(reasons[0])


@pytest.fixture(autouse=True)
def turn(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the tests that promise seconds after all others."""
    if not _is_timed(request.node):
        yield
    else:
        with Session.current().timed(others=request.config.stash[UNTIMED]):
            yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Count the tests for which timed ones wait, skipped ones too."""
    try:
        yield
    finally:
        if not _is_timed(item):
            Session.current().note_end()


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
        return stack.identity()

    return runtime.known(Session.current().run_once(f"stack-{runtime.runtime}", start))


@pytest.fixture
def private_stack(request: pytest.FixtureRequest, runtime: type[Stack]) -> Iterator[Stack]:
    """Yield a stack that the test may change; another test gets it, unless this fails or edits."""
    pool, session = f"private-{runtime.runtime}", Session.current()
    if known := session.take(pool):
        stack = runtime.known(known)
    else:
        stack = runtime(Workspace.copy("private", "private"))
        stack.start()
        stack.workspace.is_edited = False
    stack.reset()
    wait_until(lambda: worker.ping(stack) == "pong", "the private stack runs a task")
    yield stack
    failed = request.node.stash.get(FAILED, False)
    if not failed and not stack.workspace.is_edited:
        session.give(pool, stack.identity())
    elif not (failed and request.config.option.keep):
        stack.remove()


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
        opened.playwright.goto(address)
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
