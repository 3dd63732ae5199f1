"""The page in a real browser, with the page and the API at their default addresses."""

from __future__ import annotations  # Playwright is slow to import

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import doctor

from acceptance.support.attachments import attach

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Route

    Handler = Callable[[Route], None]

EXPECT_TIMEOUT_MS = 20_000  # on a busy machine; the page's own limit is 5 s
PAGE_ORIGINS = ("http://localhost:5173", "http://127.0.0.1:5173")
CHROMIUM_ARGS = ("--disable-gpu", "--disable-quic")
# without it, Chromium keeps a page that a route fulfils from asking 127.0.0.1
PERMISSIONS = ["local-network-access"]
# Chromium drops waiting requests when any container starts or ends
NETWORK_CHANGED_ERROR = "net::ERR_NETWORK_CHANGED"
WIDTHS = (320, 1280)
COLOR_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DISABLE_TIMEOUT_JS = "AbortSignal.timeout = () => new AbortController().signal"
# the status of an answer, and the origin whose pages may read it
ANSWERS = {
    "answers status: ok": (200, "*"),
    "lets no page read its answer": (200, "http://elsewhere.example"),
}


def fake_api(behaviour: str, route: Route) -> None:
    """Answer /health as in ANSWERS, or never."""
    from playwright.sync_api import Error as PlaywrightError

    status, origin = 404, "*"
    if urlsplit(route.request.url).path.endswith("/health"):
        if behaviour not in ANSWERS:
            return
        status, origin = ANSWERS[behaviour]
    headers = {"access-control-allow-origin": origin}
    with suppress(PlaywrightError):  # the page may have given up
        route.fulfill(status=status, body='{"status":"ok"}', headers=headers)


def serve_folder(folder: Path, route: Route) -> None:
    """Answer with a file of a built page."""
    route.fulfill(path=folder / (urlsplit(route.request.url).path.lstrip("/") or "index.html"))


def forward_to(port: int, route: Route) -> None:
    """Forward a request to a port, and keep its origin."""
    from playwright.sync_api import Error as PlaywrightError

    parts = urlsplit(route.request.url)._replace(scheme="http", netloc=f"127.0.0.1:{port}")
    with suppress(PlaywrightError):
        route.continue_(url=parts.geturl())


@contextmanager
def launch() -> Iterator[BrowserContext]:
    """Start the machine's own browser with a window."""
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
    """A page in a tab, as a user sees and uses it."""

    def __init__(self, browser: BrowserContext, page: Handler, api: Handler) -> None:
        self.playwright = browser.new_page()
        self.playwright.route("**/*", api)
        # by which `npm run dev` reloads the page
        self.playwright.route_web_socket("**/*", lambda socket: None)
        for origin in PAGE_ORIGINS:
            self.playwright.route(f"{origin}/**", page)
        card = self.playwright.get_by_role("region", name="IA-CRM")
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
        """The addresses of the script's last requests, at most 100."""
        sent = self.playwright.requests()
        return [each.url for each in sent if each.resource_type in ("fetch", "xhr")]

    def open(self, address: str = PAGE_ORIGINS[0]) -> None:
        """Open the page."""
        self._repeat(lambda: self.playwright.goto(address))

    def check_again(self) -> None:
        """Press the button, and wait for an answer or a failure."""
        self._repeat(lambda: (self.button.click(), self.status.get_by_text(":").first.wait_for()))

    def _repeat(self, action: Callable[[], object]) -> None:
        """Repeat an action while the browser itself drops requests."""
        from playwright.sync_api import Error as PlaywrightError

        dropped = NETWORK_CHANGED_ERROR
        while NETWORK_CHANGED_ERROR in dropped:
            self.playwright.clear_console_messages()
            try:
                action()
                dropped = str(self.console)
            except PlaywrightError as error:
                if NETWORK_CHANGED_ERROR not in str(error):
                    raise

    def expect_status(self, words: str) -> None:
        """Wait until the status is exactly this. Raises AssertionError."""
        from playwright.sync_api import expect

        expect(self.status).to_have_text(words, use_inner_text=True, timeout=EXPECT_TIMEOUT_MS)

    def overflow(self, width: int = WIDTHS[0]) -> int:
        """Return the pixels by which the page exceeds a window of this width."""
        self.playwright.set_viewport_size({"width": width, "height": 720})
        return self.playwright.evaluate("document.documentElement.scrollWidth - innerWidth")

    def visual_violations(self) -> list[str]:
        """Return accessibility violations and overflows at each width and colour scheme."""
        from axe_playwright_python.sync_playwright import Axe

        found = []
        for width, scheme in product(WIDTHS, COLOR_SCHEMES):
            look = f"{self.status.inner_text().splitlines()[0]} at {width} pixels, {scheme}"
            self.playwright.emulate_media(color_scheme=scheme)
            if self.overflow(width) > 0:
                found.append(f"{look}: wider than the window")
            self.button.hover()
            attach(look, self.playwright.screenshot(animations="disabled"))
            seen = Axe().run(self.playwright, options=None).response
            axe = [*seen["violations"], *seen["incomplete"]]
            found += [f"{look}: {each['help']}: {each['nodes'][0]['html']}" for each in axe]
            self.playwright.mouse.move(0, 0)
        return found

    def diagnostics(self) -> str:
        """Return the page's text, its requests and its console."""
        shown = self.playwright.locator("body").inner_text(timeout=1000)
        return "\n".join([*(f"requested: {url}" for url in self.requests), *self.console, shown])
