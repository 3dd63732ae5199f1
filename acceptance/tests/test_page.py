"""The page beyond its states: where it is served, and how it looks."""

from collections.abc import Callable

import pytest

from acceptance.drivers import frontend, http_client
from acceptance.drivers.browser import DISABLE_TIMEOUT_JS, Page, fake_api, serve_folder
from acceptance.drivers.native import only_user_of
from acceptance.drivers.shell import run_command
from acceptance.plugins.spec import requirement

PORT = 5173  # the origin that the api allows


@pytest.mark.node
@pytest.mark.parametrize("command", ["npm run dev", "npm run preview"])
@requirement("S5-served")
def test_the_page_is_served_on_its_port_or_not_at_all(command: str) -> None:
    folder = frontend.built().path / "frontend"
    with only_user_of(PORT), http_client.listening(PORT):
        result = run_command(command, folder, timeout=20)
    assert result.exit_code == 1, str(result)
    assert f"Port {PORT} is already in use" in result.output


HAS_PRIMARY_COLOUR_JS = """(button) => {
  const sample = button.appendChild(document.createElement('i'));
  sample.style.background = 'var(--color-primary)';
  return getComputedStyle(button).background === getComputedStyle(sample).background;
}"""


@pytest.mark.node
@pytest.mark.browser
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("does not answer", "Loading…"),
        ("answers status: ok", "status: ok"),
        ("lets no page read its answer", "Error: cannot reach the API"),
    ],
)
@requirement("S5-looks")
def test_everybody_can_read_the_page(
    open_page: Callable[..., Page], answer: str, words: str
) -> None:
    dist = serve_folder(frontend.built().path / "frontend/dist")
    # axe may need more than the 5 seconds after which the page would give up
    page = open_page(dist, fake_api(answer), script=DISABLE_TIMEOUT_JS)
    page.status.get_by_text(words).wait_for()
    assert page.button.evaluate(HAS_PRIMARY_COLOUR_JS), "Tailwind's classes or colours are missing"
    violations = page.visual_violations()
    assert not violations, "\n".join(violations)
    assert page.playwright.locator("html[lang=en]").count() and page.playwright.title() == "IA-CRM"
    assert page.playwright.locator("meta[content*='width=device-width']").count() == 1
    page.playwright.keyboard.press("Tab")
    assert page.button.evaluate("it => getComputedStyle(it).outlineStyle") != "none", "no focus"


@pytest.mark.node
@pytest.mark.browser
@requirement("S5-looks")
def test_a_long_address_fits_a_phone(open_page: Callable[..., Page]) -> None:
    address = "https://api.example:9000/no_place_to_break_this_on_a_phone_is_there"
    folder = frontend.built_with(f"VITE_API_BASE_URL={address}")
    page = open_page(serve_folder(folder), fake_api("lets no page read its answer"))
    page.status.get_by_text(address).wait_for()
    assert page.overflowing_elements() == []
