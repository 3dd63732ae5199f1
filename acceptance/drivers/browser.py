"""The page in a real browser."""

import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError as NothingHappened
from playwright.sync_api import expect, sync_playwright

from acceptance.drivers import machine
from acceptance.drivers.servers import Passage
from acceptance.support import evidence

PATIENCE = 20_000  # milliseconds, as others may keep the machine busy; the page's own is 5 seconds
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--disable-gpu",
)
PAGE_ADDRESSES = ("localhost:5173", "127.0.0.1:5173")
API_ADDRESSES = ("localhost:8000", "api.example:9000")
# Chromium drops what waits for a connection when a container, of whomever, starts or ends.
GAVE_UP = "Failed to load resource: net::ERR_NETWORK_CHANGED"
WIDTHS = (320, 1280)
SCHEMES = ("light", "dark")

# Calls said() with every text that the status has had, however short, and when, in milliseconds; keeps the first status.
LISTEN = """new MutationObserver(() => {
  const status = document.querySelector('[role=status]');
  window.firstStatus ??= status;
  if (status) said(status.innerText, performance.now());
}).observe(document, { subtree: true, childList: true, characterData: true })"""
# At the address /#patient the page gives up no request: axe may need more than 5 seconds.
PATIENT = (
    "if (location.hash === '#patient') AbortSignal.timeout = () => new AbortController().signal"
)
CUT_OFF = """() => [...document.querySelectorAll('body *')]
  .filter((element) => element.getBoundingClientRect().right > innerWidth || element.scrollWidth > innerWidth)
  .map((element) => `<${element.localName}> is wider than the window`)"""
ANNOUNCES = "firstStatus.isConnected && firstStatus.ariaLive !== 'off'"
COME_BACK = """() => {
  for (const event of ['focus', 'online', 'pageshow']) window.dispatchEvent(new Event(event));
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
}"""
BRIGHTNESS = """() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
  return (red + green + blue) / 3 / 255;
}"""
HEAD = """() => ({
  language: document.documentElement.lang,
  title: document.title,
  description: document.querySelector('meta[name=description]')?.content ?? '',
  viewport: document.querySelector('meta[name=viewport]')?.content ?? '',
})"""


def _is_scripted(request) -> bool:
    return request.resource_type in ("fetch", "xhr")


class Browser:
    """One browser for all scenarios of a process; in it the page and the API stand at their default addresses."""

    def __init__(self, page: Passage, api: Passage):
        self._passages = page, api
        ports = dict.fromkeys(PAGE_ADDRESSES, page.server_port) | dict.fromkeys(
            API_ADDRESSES, api.server_port
        )
        rules = ",".join(f"MAP {name} 127.0.0.1:{port}" for name, port in ports.items())
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=machine.browser(),
            args=[*QUIET, f"--host-resolver-rules={rules}"],
            chromium_sandbox=os.geteuid() != 0,  # Chromium's sandbox refuses root
        )
        self._page = Page(self._browser.new_page(locale="en"))

    def open(self, page_port: int, api_port: int, address: str) -> "Page":
        """Open the page at `address`, when it and the API really stand at these ports."""
        for passage, port in zip(self._passages, (page_port, api_port), strict=True):
            passage.lead_to(port)
        self._page.visit(address)
        return self._page

    def leave(self) -> None:
        """Leave the page, with whatever it still waits for."""
        self._page.visit("about:blank")

    def close(self) -> None:
        """End the browser."""
        self._browser.close()
        self._playwright.stop()


class Page:
    """The page: what a person sees of it and does with it."""

    def __init__(self, page):
        self._page = page
        self.said: list[tuple[str, float]] = []  # every text of the status, in order, and when
        self.console: list[str] = []  # errors and warnings
        self.asked: list[str] = []  # what the page's script has sent requests to
        self.answered: list[str] = []  # those of them whose answer it has read to its end
        self._signs: list[bytes] = []
        page.expose_function("said", lambda *words: self.said.append(words))
        page.clock.install()  # lets ten minutes pass at once, and runs as usual until then
        page.add_init_script(LISTEN)
        page.add_init_script(
            PATIENT
        )  # after the clock, which has an AbortSignal.timeout of its own
        page.on(
            "console",
            lambda said: said.type in ("error", "warning") and self.console.append(said.text),
        )
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: _is_scripted(request) and self.asked.append(request.url))
        page.on(
            "requestfinished",
            lambda request: _is_scripted(request) and self.answered.append(request.url),
        )
        self._status = page.get_by_role("status")
        self._button = page.get_by_role("button", name="Check again", exact=True)

    def visit(self, address: str) -> None:
        """Open the page anew, as if nothing had been; and again when the browser itself gave up in the middle."""
        self._page.set_viewport_size({"width": WIDTHS[-1], "height": 720})
        self._page.emulate_media(color_scheme=SCHEMES[0])
        self._load(address)
        while GAVE_UP in self.console:
            self._load(address)

    def _load(self, address: str) -> None:
        for memory in (self.said, self.console, self.asked, self.answered, self._signs):
            memory.clear()
        self._page.goto(address)

    def expect(self, words: str, hint: str = "") -> None:
        """Wait until the status is this, word for word, and nothing else."""
        expect(self._status).to_have_text(
            f"{words} {hint}".strip(), use_inner_text=True, timeout=PATIENCE
        )

    def seconds_until(self, words: str) -> float:
        """How long it took from the first status to one of these words, by the page's own clock."""
        return next(at - self.said[0][1] for said, at in self.said if words in said) / 1000

    def answers(self) -> int:
        """How many answers the page has read, once it waits for nothing more."""
        self._page.wait_for_load_state("networkidle")
        return len(self.answered)

    def announces(self) -> bool:
        """Whether a screen reader is told of a change: the status is an element that stays, and not a silent one."""
        return self._page.evaluate(ANNOUNCES)

    def press_button(self, times: int = 1) -> None:
        """Press the button with the mouse."""
        self._button.click(click_count=times, timeout=PATIENCE)

    def press_key(self, key: str) -> None:
        """Press a key, wherever the focus is."""
        self._page.keyboard.press(key)

    def is_available(self) -> bool:
        """Whether the button tells a screen reader that it can be pressed."""
        return self._button.is_enabled()

    def has_focus(self, name: str) -> bool:
        """Whether the keyboard's focus is on the button of this name."""
        return self._page.get_by_role("button", name=name, exact=True).evaluate(
            "e => e === document.activeElement"
        )

    def shows_focus(self) -> bool:
        """Whether the page looks otherwise when the button has the focus than when it has not."""
        focused = self.picture()
        self._button.blur()
        blurred = self.picture()
        self._button.focus()
        return focused != blurred

    def asks_by_itself(self) -> bool:
        """Whether the page sends a request within ten minutes in which nobody touches it, or when somebody comes back."""
        try:
            # its timers are due at once; the real second is for what they then send
            with self._page.expect_request(_is_scripted, timeout=1000):
                self._page.clock.fast_forward("10:00")
                self._page.evaluate(COME_BACK)
        except NothingHappened:
            return False
        return True

    def faults(self, words: str) -> list[str]:
        """What is wrong with the looks of a state, at each width and in each colour scheme; all of it is pictured."""
        self._page.evaluate("location.hash = 'patient'")
        self._page.reload()
        found = []
        for width, scheme in ((width, scheme) for width in WIDTHS for scheme in SCHEMES):
            self._page.set_viewport_size({"width": width, "height": 720})
            self._page.emulate_media(color_scheme=scheme)
            expect(self._status).to_contain_text(words, timeout=PATIENCE)
            if width == WIDTHS[-1]:  # where there is a mouse
                self._button.hover()
            else:
                self._page.mouse.move(0, 0)
            look = f"{words} at {width} pixels, {scheme}"
            evidence.attach_picture(look, self.picture())
            seen = Axe().run(self._page, options=None).response
            axe = [
                f"{fault['help']}: {fault['nodes'][0]['html']}"
                for fault in seen["violations"] + seen["incomplete"]
            ]
            found += [f"{look}: {fault}" for fault in (*axe, *self._page.evaluate(CUT_OFF))]
            if (self._page.evaluate(BRIGHTNESS) > 0.5) != (scheme == "light"):
                found.append(f"{look}: the background is not {scheme}")
            expect(self._status).to_contain_text(
                words, timeout=1
            )  # it was this state that axe has seen
        self._page.emulate_media(
            forced_colors="active"
        )  # the system's colours instead of the page's
        sign = self._status.locator("svg").screenshot(animations="disabled")
        self._page.emulate_media(forced_colors="none")
        if sign in self._signs:
            found.append(f"{words}: without colours, the sign is that of another state")
        self._signs.append(sign)
        return found

    def cut_off(self) -> list[str]:
        """What does not fit the width of a phone."""
        self._page.set_viewport_size({"width": WIDTHS[0], "height": 720})
        return self._page.evaluate(CUT_OFF)

    def head(self) -> dict[str, str]:
        """Language, title, description, and viewport."""
        return self._page.evaluate(HEAD)

    def picture(self) -> bytes:
        """A screenshot."""
        return self._page.screenshot(animations="disabled")

    def text(self) -> str:
        """What a person would ask for when something is wrong: all that the page says, asked, and complained of."""
        lines = [
            "said: " + " | ".join(said for said, _ in self.said),
            *(f"asked: {url}" for url in self.asked),
            *self.console,
        ]
        return "\n".join([*lines, self._page.locator("body").inner_text(timeout=1000)])
