"""Steps about the page, as a person sees and uses it in a browser."""

from collections.abc import Callable

from playwright.sync_api import Route
from pytest_bdd import given, parsers, then, when

from acceptance.drivers import frontend
from acceptance.drivers.browser import FakeApi, Page, forward_to, serve_folder
from acceptance.drivers.stack import Stack

Open = Callable[..., Page]


@given(parsers.parse("an API that {answer}"), target_fixture="fake_api")
def api_that(answer: str) -> FakeApi:
    api = FakeApi()
    api.respond_with(answer)
    return api


@when(parsers.parse("the API now {answer}"))
def api_now(fake_api: FakeApi, answer: str) -> None:
    fake_api.respond_with(answer)


@when(
    parsers.re(
        r"the page( built with the testdata (?P<overlay>\S+))? is opened( at (?P<address>\S+))?"
    ),
    target_fixture="page",
)
def open_built(
    open_page: Open, fake_api: FakeApi, overlay: str | None, address: str | None
) -> Page:
    folder = frontend.built().path / "frontend/dist"
    if overlay:
        folder = frontend.build(frontend.workspace_with_packages(overlay))
    return open_page(serve_folder(folder), fake_api.handle, address)


@when(
    parsers.re(r"the page of (?P<command>.+) is opened at (?P<address>\S+)"), target_fixture="page"
)
def open_served(open_page: Open, stack: Stack, command: str, address: str) -> Page:
    if command == "dev.sh":
        return open_page(Route.continue_, Route.continue_, address)
    server = forward_to(frontend.server(command))
    return open_page(server, forward_to(stack.port("api")), address)


@then(parsers.re(r'the page shows "(?P<words>[^"]+)"'))
def shows(page: Page, words: str) -> None:
    page.expect_status(words)
    assert page.status.is_visible()


@then("the page shows the error and hint")
def shows_hint(page: Page, docstring: str) -> None:
    page.expect_status(docstring)
    assert page.status.is_visible()


@when('"Check again" is pressed')
def press(page: Page) -> None:
    page.button.click()


@then(parsers.re(r"the page has sent requests to (?P<address>\S+) only"))
def has_sent(page: Page, address: str) -> None:
    assert set(page.requests) == {address}


@then("the console of the browser is empty")
def console_is_empty(page: Page) -> None:
    assert page.console == []
