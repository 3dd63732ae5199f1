"""The page in a real browser, with the page and the API at their default addresses."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import doctor
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Error, Route, expect, sync_playwright

from acceptance.support.attachments import attach

PAGE_ORIGINS = ("http://localhost:5173", "http://127.0.0.1:5173")
# the origin whose pages may read an answer
READERS = {"answers status: ok": "*", "lets no page read its answer": "http://elsewhere.example"}


@dataclass
class FakeApi:
    """A handler that answers /health to pages of an origin of READERS, or never."""

    behaviour: str

    def __call__(self, route: Route) -> None:
        if self.behaviour in READERS:
            status = 200 if urlsplit(route.request.url).path.endswith("/health") else 404
            headers = {"access-control-allow-origin": READERS[self.behaviour]}
            with suppress(Error):  # the page may have given up
                route.fulfill(status=status, body='{"status":"ok"}', headers=headers)


def serve_folder(folder: Path, route: Route) -> None:
    """Answer with a file of a built page."""
    route.fulfill(path=folder / (urlsplit(route.request.url).path.lstrip("/") or "index.html"))


def forward_to(port: int, route: Route) -> None:
    """Forward a request to a port, and keep its origin."""
    parts = urlsplit(route.request.url)._replace(scheme="http", netloc=f"127.0.0.1:{port}")
    with suppress(Error):  # the page may have given up
        # not by Chromium, which drops waiting requests when any container starts or ends
        route.fulfill(response=route.fetch(url=parts.geturl()))


@contextmanager
def launch() -> Iterator[BrowserContext]:
    """Start the machine's own browser with a window."""
    path, sandbox = doctor.browser_path(), os.geteuid() != 0  # which refuses root
    with sync_playwright() as playwright:
        with playwright.chromium.launch(executable_path=path, chromium_sandbox=sandbox) as browser:
            # without it, Chromium keeps a page that a route fulfils from asking 127.0.0.1
            context = browser.new_context(locale="en", permissions=["local-network-access"])
            context.set_default_timeout(60_000)  # on a busy machine
            context.new_page()  # keeps the window, which costs more than all pages
            yield context


class Page:
    """A page in a tab, as a user sees and uses it."""

    def __init__(
        self, browser: BrowserContext, page: Callable[[Route], None], api: Callable[[Route], None]
    ) -> None:
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
        return [m.text for m in messages if m.type in ("error", "warning")] + [*map(str, errors)]

    @property
    def requests(self) -> list[str]:
        """The addresses of the script's last requests, at most 100."""
        sent = self.playwright.requests()
        return [each.url for each in sent if each.resource_type in ("fetch", "xhr")]

    def check_again(self) -> None:
        """Press the button, and wait for an answer or a failure."""
        self.button.click()
        self.status.get_by_text(":").first.wait_for()

    def expect_status(self, words: str) -> None:
        """Wait until the status is exactly this. Raises AssertionError."""
        expect(self.status).to_have_text(words, use_inner_text=True, timeout=60_000)

    def visual_violations(self) -> list[str]:
        """Return accessibility violations and overflows at each width and colour scheme."""
        found = []
        for scheme in ("light", "dark"):
            self.playwright.emulate_media(color_scheme=scheme)
            for width in (320, 1280):
                self.playwright.set_viewport_size({"width": width, "height": 720})
                look = f"{self.status.inner_text().splitlines()[0]} at {width} pixels, {scheme}"
                if self.playwright.evaluate("document.documentElement.scrollWidth > innerWidth"):
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
