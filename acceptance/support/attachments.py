"""Diagnostics attached to a test, for its artifacts and the HTML report."""

from typing import NamedTuple

import pytest

from acceptance.support.session import ROOT

ARTIFACTS = ROOT / ".report" / "artifacts"  # of the last run, when a test failed
FAILED = pytest.StashKey[bool]()  # of a test


class Attachment(NamedTuple):
    """A text or a screenshot (PNG)."""

    name: str
    content: str | bytes


of_this_test: list[Attachment] = []


def attach(name: str, content: str | bytes) -> None:
    """Attach a text or a screenshot to the running test."""
    of_this_test.append(Attachment(name, content))


def keeps(config: pytest.Config) -> bool:
    """Return whether the run ends without cleaning up."""
    return config.option.keep and ARTIFACTS.exists()
