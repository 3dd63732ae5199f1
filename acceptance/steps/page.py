"""Steps about the page, as a person sees and uses it in a browser."""

from collections.abc import Callable

import pytest
from pytest_bdd import parsers, step, then, when

from acceptance.drivers import frontend
from acceptance.drivers.browser import FakeApi, Page, forward_to, pass_on, serve_folder
from acceptance.drivers.stack import Stack

Open = Callable[..., Page]


@pytest.fixture
def fake_api() -> FakeApi:
    return FakeApi()


@step(parsers.re("(an API that|the API now) (?P<answer>.+)"))
def api_does(fake_api: FakeApi, answer: str) -> None:
    fake_api.respond_with(answer)


@when(
    parsers.re(
        r"the page( built with (?P<setting>\S+) in its \.env\.local)? is opened( at (?P<address>\S+))?"
    ),
    target_fixture="page",
)
def open_built(
    open_page: Open, fake_api: FakeApi, setting: str | None, address: str | None
) -> Page:
    folder = frontend.built().path / "frontend/dist"
    if setting:
        folder = frontend.built_with(setting)
    return open_page(serve_folder(folder), fake_api.handle, *filter(None, [address]))


@when(
    parsers.re(r"the page of (?P<command>.+) is opened at (?P<address>\S+)"), target_fixture="page"
)
def open_served(open_page: Open, stack: Stack, command: str, address: str) -> Page:
    if command == "dev.sh":
        return open_page(pass_on, pass_on, address)
    server = forward_to(frontend.server(command))
    return open_page(server, forward_to(stack.port("api")), address)


@then(parsers.re(r'the page shows "(?P<words>[^"]+)"'))
def shows(page: Page, words: str) -> None:
    page.expect_status(words)
    assert page.status.is_visible()


@when('"Check again" is pressed')
def press(page: Page) -> None:
    page.button.click()


@then(parsers.re(r"the page has sent requests to (?P<address>.+) only"))
def has_sent(request: pytest.FixtureRequest, page: Page, address: str) -> None:
    if address == "the api of dev.sh":
        address = f"{request.getfixturevalue('stack').address('api')}/health"
    assert set(page.requests) == {address}


@then("the console of the browser is empty")
def console_is_empty(page: Page) -> None:
    assert page.console == []
