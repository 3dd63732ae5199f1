"""Tests of the page's port and looks."""

from collections.abc import Callable
from functools import partial

import pytest

from acceptance.drivers import frontend, http_client
from acceptance.drivers.browser import DISABLE_TIMEOUT_JS, Page, fake_api, serve_folder
from acceptance.drivers.native import only_user_of
from acceptance.drivers.shell import run_command
from acceptance.plugins.spec import requirement

PORT = 5173  # the origin that the api allows
HAS_PRIMARY_COLOUR_JS = """(button) => {
  const sample = button.appendChild(document.createElement('i'));
  sample.style.background = 'var(--color-primary)';
  const colour = getComputedStyle(sample).backgroundColor;
  return colour !== 'rgba(0, 0, 0, 0)' && colour === getComputedStyle(button).backgroundColor;
}"""


@pytest.mark.node
@pytest.mark.parametrize("command", ["npm run dev", "npm run preview"])
@requirement("S5-served")
def test_occupied_page_port_is_an_error(command: str) -> None:
    folder = frontend.built().path / "frontend"
    with only_user_of(PORT), http_client.listening(PORT):
        result = run_command(command, folder, timeout=20)
    assert result.exit_code == 1, str(result)
    assert f"Port {PORT} is already in use" in result.output


@pytest.mark.node
@pytest.mark.browser
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("does not answer", "Loading…"),
        ("answers status: ok", "status: ok"),
        ("lets no page read its answer", "Error: cannot reach the API"),
    ],
    ids=["loading", "success", "error"],
)
@requirement("S5-looks")
def test_page_is_accessible(open_page: Callable[..., Page], answer: str, words: str) -> None:
    dist = partial(serve_folder, frontend.built().path / "frontend/dist")
    # axe may need more than the page's limit of 5 seconds
    page = open_page(dist, partial(fake_api, answer), script=DISABLE_TIMEOUT_JS)
    page.status.get_by_text(words).wait_for()
    assert page.button.evaluate(HAS_PRIMARY_COLOUR_JS), "Tailwind's classes or colours are missing"
    violations = page.visual_violations()
    assert not violations, "\n".join(violations)
    assert page.playwright.title() == "IA-CRM"
    page.playwright.keyboard.press("Tab")
    assert page.button.evaluate("it => getComputedStyle(it).outlineStyle") != "none", "no focus"


@pytest.mark.node
@pytest.mark.browser
@requirement("S5-looks")
def test_long_address_fits_a_phone(open_page: Callable[..., Page]) -> None:
    address = "https://api.example:9000/this_path_has_no_place_for_a_line_break"
    folder = frontend.built_with(f"VITE_API_BASE_URL={address}")
    page = open_page(
        partial(serve_folder, folder), partial(fake_api, "lets no page read its answer")
    )
    page.status.get_by_text(address).wait_for()
    assert page.overflow() == 0
