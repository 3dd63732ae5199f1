"""The page in a real browser, with the page and the API at their default addresses.

Playwright is slow to import, and most processes run no test that needs it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import doctor

from acceptance.support import attachments

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Route

    Handler = Callable[[Route], None]

EXPECT_TIMEOUT_MS = 20_000  # others may keep the machine busy; the page's own limit is 5 s
PAGE_ORIGINS = ("http://localhost:5173", "http://127.0.0.1:5173")
CHROMIUM_ARGS = ("--disable-gpu", "--disable-quic")  # besides those of Playwright
# without it, Chromium keeps a page that a route fulfils from asking 127.0.0.1
PERMISSIONS = ["local-network-access"]
# Chromium drops what waits for a connection when any container starts or ends
NETWORK_CHANGED_ERROR = "net::ERR_NETWORK_CHANGED"
WIDTHS = (320, 1280)
COLOR_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DISABLE_TIMEOUT_JS = "AbortSignal.timeout = () => new AbortController().signal"
FIND_OVERFLOW_JS = """() => [...document.querySelectorAll('body *')]
  .filter((element) => element.getBoundingClientRect().right > innerWidth)
  .map((element) => `<${element.localName}> is wider than the window`)"""
BRIGHTNESS_JS = """() => {
  const colour = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
  return (colour[0] + colour[1] + colour[2]) / 3 / 255;
}"""

# the status of an answer, and the origin whose pages may read it; without one, `fulfill` allows the page's
ANSWERS = {
    "answers status: ok": (200, "*"),
    "lets no page read its answer": (200, "http://elsewhere.example"),
}


def fake_api(behaviour: str) -> Handler:
    """Return a handler that answers /health in one of the ways of ANSWERS, or never, others with 404."""
    from playwright.sync_api import Error as PlaywrightError

    def handle(route: Route) -> None:
        status, origin = 404, "*"
        if urlsplit(route.request.url).path.endswith("/health"):
            if behaviour not in ANSWERS:
                return
            status, origin = ANSWERS[behaviour]
        headers = {"access-control-allow-origin": origin}
        with suppress(PlaywrightError):  # the page has given it up meanwhile
            route.fulfill(status=status, body='{"status":"ok"}', headers=headers)

    return handle


def serve_folder(folder: Path) -> Handler:
    """Return a handler that answers with the files of a built page."""

    def handle(route: Route) -> None:
        name = urlsplit(route.request.url).path.lstrip("/") or "index.html"
        route.fulfill(path=folder / name)

    return handle


def forward_to(port: int) -> Handler:
    """Return a handler that sends requests on to a port; the origins stay what they are."""
    from playwright.sync_api import Error as PlaywrightError

    def handle(route: Route) -> None:
        parts = urlsplit(route.request.url)._replace(scheme="http", netloc=f"127.0.0.1:{port}")
        with suppress(PlaywrightError):
            route.continue_(url=parts.geturl())

    return handle


@contextmanager
def launch() -> Iterator[BrowserContext]:
    """Start the machine's own browser, with a window for pages, and end it with the block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        with playwright.chromium.launch(
            executable_path=doctor.browser_path(),
            args=CHROMIUM_ARGS,
            chromium_sandbox=os.geteuid() != 0,  # Chromium's sandbox refuses root
        ) as browser:
            context = browser.new_context(locale="en", permissions=PERMISSIONS)
            context.new_page()  # keeps the window, which costs more than all pages
            yield context


class Page:
    """A page in a tab of its own: what a person sees of it and does with it."""

    def __init__(self, browser: BrowserContext, page: Handler, api: Handler) -> None:
        self.playwright = browser.new_page()
        self.playwright.route("**/*", api)
        # the one by which `npm run dev` reloads the page: it opens, and nothing is said
        self.playwright.route_web_socket("**/*", lambda socket: None)
        for origin in PAGE_ORIGINS:
            self.playwright.route(f"{origin}/**", page)
        card = self.playwright.get_by_role("region", name="IA-CRM")  # others may stand beside it
        self.status = card.get_by_role("status")
        self.button = card.get_by_role("button", name="Check again", exact=True)

    @property
    def console(self) -> list[str]:
        """The errors and warnings since the page was opened."""
        messages = self.playwright.console_messages(filter="since-navigation")
        errors = self.playwright.page_errors(filter="since-navigation")
        shown = [each.text for each in messages if each.type in ("error", "warning")]
        return shown + [str(error) for error in errors]

    @property
    def requests(self) -> list[str]:
        """The addresses to which the page's script has sent its last requests, at most 100."""
        sent = self.playwright.requests()
        return [each.url for each in sent if each.resource_type in ("fetch", "xhr")]

    def open(self, address: str = PAGE_ORIGINS[0]) -> None:
        """Open the page; again when the browser itself gave up in the middle."""
        self.playwright.goto(address)
        while any(NETWORK_CHANGED_ERROR in text for text in self.console):
            self.playwright.goto(address)

    def expect_status(self, words: str) -> None:
        """Wait until the status is this, word for word. Raises AssertionError."""
        from playwright.sync_api import expect

        expect(self.status).to_have_text(words, use_inner_text=True, timeout=EXPECT_TIMEOUT_MS)

    def overflowing_elements(self, width: int = WIDTHS[0]) -> list[str]:
        """Return what does not fit a window of this width, a phone's by default."""
        self.playwright.set_viewport_size({"width": width, "height": 720})
        return self.playwright.evaluate(FIND_OVERFLOW_JS)

    def visual_violations(self) -> list[str]:
        """Return what is wrong with the looks at each width and in each colour scheme."""
        from axe_playwright_python.sync_playwright import Axe

        found = []
        words = self.status.inner_text()
        for width, scheme in product(WIDTHS, COLOR_SCHEMES):
            look = f"{words.splitlines()[0]} at {width} pixels, {scheme}"
            self.playwright.emulate_media(color_scheme=scheme)
            overflowing = self.overflowing_elements(width)
            if width == WIDTHS[-1]:  # where there is a mouse
                self.button.hover()
            attachments.attach(look, self.playwright.screenshot(animations="disabled"))
            seen = Axe().run(self.playwright, options=None).response
            axe = [*seen["violations"], *seen["incomplete"]]
            found += [f"{look}: {each['help']}: {each['nodes'][0]['html']}" for each in axe]
            found += [f"{look}: {each}" for each in overflowing]
            if (self.playwright.evaluate(BRIGHTNESS_JS) > 0.5) != (scheme == "light"):
                found.append(f"{look}: the background is not {scheme}")
            self.playwright.mouse.move(0, 0)
        assert self.status.inner_text() == words, "the state changed meanwhile"
        return found

    def diagnostics(self) -> str:
        """Return all that the page shows, has requested and reported to the console."""
        shown = self.playwright.locator("body").inner_text(timeout=1000)
        return "\n".join([*(f"requested: {url}" for url in self.requests), *self.console, shown])
