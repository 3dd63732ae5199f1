"""Steps about the page, as a person sees and uses it in a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytest_bdd import given, parsers, then, when

from acceptance.drivers import frontend
from acceptance.drivers.servers import FaultyApi, FileServer, Passage, running
from acceptance.steps import names
from acceptance.support import evidence

DEFAULT_ADDRESS = "http://localhost:5173"


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """The browser of this process."""
    from acceptance.drivers.browser import (
        Browser,
    )  # here, as most processes need none, and it is slow to import

    with running(Passage()) as page, running(Passage()) as api:
        browser = Browser(page, api)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def files() -> Iterator[FileServer]:
    """Serves the built pages to this process's browser."""
    with running(FileServer()) as server:
        yield server


@pytest.fixture(scope="session")
def faulty_api() -> Iterator[FaultyApi]:
    """The API of the scenarios that run without a stack."""
    with running(FaultyApi()) as server:
        yield server


@pytest.fixture
def api(stack) -> SimpleNamespace:
    """The API that the page asks: the stack's, unless a step says otherwise."""
    return SimpleNamespace(server_port=stack.ports["api"])


@pytest.fixture
def visit(browser, files, api) -> Iterator[Callable]:
    """Opens a built page, or the one that is served at a port; it is left when the scenario ends."""

    def open_page(page: Path | int, address: str = DEFAULT_ADDRESS):
        if isinstance(page, Path):
            files.folder, page = page, files.server_port
        return browser.open(page, api.server_port, address)

    yield open_page
    browser.leave()


def pytest_bdd_step_error(request: pytest.FixtureRequest) -> None:
    """When a step fails, keep what the page looks like."""
    try:
        page = request.getfixturevalue("page")
    except pytest.FixtureLookupError:
        return
    evidence.attach_picture("the page", page.picture())
    evidence.attach("the page", page.text())


@given(parsers.re(r"an API that (?P<does>.+)"), target_fixture="api")
def api_that(faulty_api, does):
    faulty_api.begin(does)
    return faulty_api


@when(parsers.re(r"the API now (?P<does>.+)"))
def api_now(api, does):
    api.now(does)


@when("the page is opened", target_fixture="page")
def opened(visit):
    return visit(frontend.folder() / "dist")


@when(parsers.re(r"the page is opened at (?P<address>\S+)"), target_fixture="page")
def opened_at(visit, address):
    return visit(frontend.folder() / "dist", address)


@when(
    parsers.re(r"the page of (?P<command>npm run \w+) is opened at (?P<address>\S+)"),
    target_fixture="page",
)
def opened_of(visit, command, address):
    return visit(frontend.server(command), address)


@when(
    parsers.re(r"the page built with VITE_API_BASE_URL=(?P<value>.+) is opened"),
    target_fixture="page",
)
def opened_with(visit, value):
    return visit(frontend.build(frontend.folder(), VITE_API_BASE_URL=value.strip('"')))


@when("the page built from that copy is opened", target_fixture="page")
def opened_from(visit, tree):
    return visit(frontend.build(tree.path / "frontend"))


@then(parsers.re(r'it shows "(?P<words>[^"]+)"'))
def shows(page, words):
    page.expect(words)


@then(parsers.re(r'it shows "(?P<words>[^"]+)" and the hint "(?P<hint>[^"]+)"'))
def shows_hint(page, words, hint):
    page.expect(words, hint)


@then('as the API now does this, and "Check again" is pressed, it shows')
def shows_each(page, api, datatable):
    for does, words in datatable:
        api.now(does)
        page.press_button()
        page.expect(words)


@then(
    parsers.re(r'after (?P<seconds>\d+) seconds it shows "(?P<words>[^"]+)"'),
    converters={"seconds": int},
)
def shows_after(page, seconds, words):
    page.expect(words)
    assert seconds - 0.5 < page.seconds_until(words) < seconds + 1.5


@when('"Check again" is pressed')
def pressed(page):
    page.press_button()


@when('"Check again" is pressed twice in a row')
def pressed_twice(page):
    page.press_button(times=2)


@when(parsers.parse("the {key} key is pressed"))
def key_pressed(page, key):
    page.press_key(key)


@then("the button says that it is available")
def available(page):
    assert page.is_available()


@then("the button says that it is not available")
def not_available(page):
    assert not page.is_available()


@then(parsers.parse("the API was asked once, at {address}"))
def asked_at(api, address):
    assert api.asked == [address]


@then(parsers.parse("the API was asked {count:d} times"))
def asked_times(api, count):
    assert len(api.asked) == count


@then("the page has asked nobody")
def asked_nobody(page):
    assert page.asked == []


@then(parsers.re(r"the page has asked (?P<address>http\S+)"))
def has_asked(page, address):
    assert page.asked == [address]


@then("it has read one answer, however often it began to ask")
def read_once(page):
    assert page.answers() == 1


@then("a screen reader is told of each change")
def announced(page):
    assert page.announces()


@then("it fits the width of a phone")
def fits(page):
    assert page.cut_off() == []


@then("in the next ten minutes it asks nobody")
def asks_nobody(page):
    assert not page.asks_by_itself()


@then(parsers.parse('the focus is on "{name}"'))
def focus_on(page, name):
    assert page.has_focus(name)


@then("it can be seen where the focus is")
def focus_shows(page):
    assert page.shows_focus()


@then("no error was ever shown, and the browser's console is empty")
def all_quiet(page):
    assert not any("Error" in words for words, _ in page.said), page.said
    assert page.console == []


@then(parsers.parse("{command} is set to stand on {host}, port {port:d}, and on no other"))
def set_to_stand(command, host, port):
    assert frontend.address(command) == {"host": host, "port": port, "strictPort": True}


@when(parsers.parse("{command} is started on a port that is taken"), target_fixture="result")
def started_on_taken(command):
    return frontend.start_on(command, frontend.server(command))


@then("it ends at once and says that the port is already in use")
def ends_at_once(result):
    assert result.exit_code == 1 and "already in use" in result.output, str(result)


@then(parsers.parse('"{words}" looks right everywhere, and has a sign of its own'))
def looks_right(page, words):
    faults = page.faults(words)
    assert not faults, "\n".join(faults)


@then(
    parsers.parse(
        "its language is {language}, its title is {title}, it has a description, and fits the width of a phone"
    )
)
def head_is(page, language, title):
    head = page.head()
    assert (head["language"], head["title"]) == (language, title) and head["description"], head
    assert "width=device-width" in head["viewport"], head


@then(
    parsers.parse("the page's JavaScript is at most {factor:f} times that of an empty React page")
)
def javascript_size(factor):
    floor = frontend.javascript_size(frontend.empty_page())
    assert frontend.javascript_size(frontend.folder() / "dist") <= factor * floor


@then(parsers.parse('the styles of the page built there have "{words}"'))
def styles_have(tree, words):
    assert words in frontend.styles(tree.path / "frontend/dist")


@then(parsers.parse("a button of that copy is of type {usual}, unless it is to {other}"))
def button_type(tree, usual, other):
    assert [kind for kind, _ in frontend.buttons(tree, "{}", f"{{ type: '{other}' }}")] == [
        usual,
        other,
    ]


@then("its classes are others in another variant or size, and more with a className")
def button_classes(tree):
    asked = ("{}", "{ className: 'new' }", "{ variant: 'secondary' }", "{ size: 'sm' }")
    usual, more, variant, size = (classes for _, classes in frontend.buttons(tree, *asked))
    assert (
        more == usual | {"new"}
        and len({frozenset(usual), frozenset(variant), frozenset(size)}) == 3
    )


@then(parsers.parse("the page's dependencies are exactly {packages}"))
def dependencies_are(packages):
    assert frontend.dependencies() == names(packages)


@then(parsers.parse("frontend/src has fewer than {count:d} lines"))
def source_lines(count):
    assert frontend.source_lines() < count
