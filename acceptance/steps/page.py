"""Steps about the page, as a person sees and uses it in a browser."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pytest_bdd import given, parsers, then, when

from acceptance.drivers import frontend
from acceptance.drivers.browser import FakeApi, Page, forward_to, serve_folder
from acceptance.drivers.stack import Stack

Open = Callable[..., Page]


def pass_on(route: Any) -> None:
    route.fulfill(response=route.fetch())


@given(parsers.parse("an API that {behaviour}"), target_fixture="api")
def api_that(behaviour: str) -> FakeApi:
    return FakeApi(behaviour)


@when(parsers.parse("the API {behaviour}"))
def change_api(api: FakeApi, behaviour: str) -> None:
    api.behaviour = behaviour


@when(
    parsers.re(
        r"the page( built with (?P<setting>\S+) in its \.env\.local)? is opened( at (?P<address>\S+))?"
    ),
    target_fixture="page",
)
def open_built(open_page: Open, api: object, setting: str | None, address: str | None) -> Page:
    folder = frontend.built().path / "frontend/dist"
    if setting:
        folder = frontend.built_with(setting)
    return open_page(partial(serve_folder, folder), api, *filter(None, [address]))


@when(
    parsers.re(r"the page of (?P<command>.+) is opened at (?P<address>\S+)"), target_fixture="page"
)
def open_served(open_page: Open, stack: Stack, command: str, address: str) -> Page:
    if command == "dev.sh":
        return open_page(pass_on, pass_on, address)
    server = partial(forward_to, frontend.server(command))
    return open_page(server, partial(forward_to, stack.port("api")), address)


@then(parsers.re(r'the page shows "(?P<words>[^"]+)"'))
def shows(page: Page, words: str) -> None:
    page.expect_status(words)
    assert page.status.is_visible()


@when('"Check again" is pressed')
def press(page: Page) -> None:
    page.check_again()


@then(parsers.re(r"the page has sent requests to (?P<address>.+) only"))
def has_sent(request: pytest.FixtureRequest, page: Page, address: str) -> None:
    if address == "the api of dev.sh":
        address = request.getfixturevalue("stack").address("api")
    assert f"{address}/health" in page.requests
    others = [url for url in page.requests if not url.startswith(f"{address}/")]
    assert not others


@then("the console of the browser is empty")
def console_is_empty(page: Page) -> None:
    assert page.console == []
