"""What a person would ask for when a test fails: kept for the report, the last of it for the terminal."""

from typing import NamedTuple

import pytest

from acceptance.support.session import ROOT

ARTIFACTS = ROOT / ".report" / "artifacts"  # of the last run, when a test has failed
FAILED = pytest.StashKey[bool]()  # of a test


class Attachment(NamedTuple):
    """A text or a screenshot (PNG), and whether a terminal should show it when the test fails."""

    name: str
    content: str | bytes
    in_terminal: bool


_of_this_test: list[Attachment] = []


def clear() -> None:
    """Forget the attachments of the test before."""
    _of_this_test.clear()


def attach(name: str, content: str | bytes, in_terminal: bool = True) -> None:
    """Keep a text, or a screenshot, of the test that runs now."""
    _of_this_test.append(Attachment(name, content, in_terminal and isinstance(content, str)))


def all_attachments() -> list[Attachment]:
    """Return what was attached since the test began."""
    return list(_of_this_test)


def last_lines(count: int) -> list[str]:
    """Return the end of the latest text that a terminal should show, below its name."""
    texts = [each for each in _of_this_test if each.in_terminal]
    if not texts:
        return []
    lines = [line for line in str(texts[-1].content).splitlines() if line.strip()]
    return [f"{texts[-1].name}:", *lines[-count:]]


def keeps(config: pytest.Config) -> bool:
    """Return whether --keep leaves what the run has started, since a test has failed."""
    return config.option.keep and ARTIFACTS.exists()
