"""Diagnostics attached to a test, for its artifacts, the HTML report and the terminal."""

from typing import NamedTuple

import pytest

from acceptance.support.session import ROOT

ARTIFACTS = ROOT / ".report" / "artifacts"  # of the last run, when a test failed
FAILED = pytest.StashKey[bool]()  # of a test


class Attachment(NamedTuple):
    """A text or a screenshot (PNG), and whether the terminal shows it when the test fails."""

    name: str
    content: str | bytes
    in_terminal: bool


of_this_test: list[Attachment] = []


def attach(name: str, content: str | bytes, in_terminal: bool = True) -> None:
    """Attach a text or a screenshot to the running test."""
    of_this_test.append(Attachment(name, content, in_terminal and isinstance(content, str)))


def last_lines(count: int) -> list[str]:
    """Return the end of the latest text for the terminal, below its name."""
    texts = [each for each in of_this_test if each.in_terminal]
    if not texts:
        return []
    lines = [line for line in str(texts[-1].content).splitlines() if line.strip()]
    return [f"{texts[-1].name}:", *lines[-count:]]


def keeps(config: pytest.Config) -> bool:
    """Return whether the run ends without cleaning up."""
    return config.option.keep and ARTIFACTS.exists()
