"""Artifacts of failed tests, and attachments in the HTML report."""

import re
from base64 import b64encode
from typing import Any

import pytest
from pytest_html import extras

from acceptance.support.attachments import ARTIFACTS, FAILED, of_this_test
from acceptance.support.session import ROOT


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("acceptance")
    keep = (
        "leave the folders of the run and the stacks of failed tests, and print how to remove them"
    )
    group.addoption("--keep", action="store_true", help=keep)
    group.addoption(
        "--report",
        action="store_const",
        dest="htmlpath",
        const=str(ROOT / ".report/report.html"),
        help="write .report/report.html, as --html does",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Write the attachments and the traceback of a failure; add the attachments to the report."""
    report = yield
    texts = [(name, each) for name, each in of_this_test if isinstance(each, str)]
    images = [(name, each) for name, each in of_this_test if isinstance(each, bytes)]
    if item.config.option.htmlpath and (call.when == "call" or call.excinfo):
        report.extras = [extras.text(text, name) for name, text in texts]
        report.extras += [extras.png(b64encode(image).decode(), name) for name, image in images]
    if report.failed:
        item.stash[FAILED] = True
        title = f"{dict(item.user_properties)['requirement']} {item.name}"
        folder = ARTIFACTS / re.sub(r"\W+", "-", title)[:80]
        folder.mkdir(parents=True, exist_ok=True)
        output = [*(f"{name}\n{text}\n" for name, text in texts), report.longreprtext]
        (folder / "output.txt").write_text("\n".join(output))
        for number, (_, image) in enumerate(images):
            (folder / f"{number}.png").write_bytes(image)
        report.user_properties.append(("artifacts", str(folder.relative_to(ROOT))))
    if call.when == "teardown":
        of_this_test.clear()
    return report
