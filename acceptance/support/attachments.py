"""Diagnostics attached to a test, for its artifacts and the HTML report."""

import pytest

from acceptance.support.session import ROOT

ARTIFACTS = ROOT / ".report" / "artifacts"  # of the last run, when a test failed
FAILED = pytest.StashKey[bool]()  # of a test
of_this_test: list[tuple[str, str | bytes]] = []


def attach(name: str, content: str | bytes) -> None:
    """Attach a text or a screenshot (PNG) to the running test."""
    of_this_test.append((name, content))
