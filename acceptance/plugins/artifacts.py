"""Artifacts of failed tests, stacks kept with --keep, and attachments in the HTML report."""

import re
import shutil
from base64 import b64encode
from typing import Any

import pytest
from pytest_html import extras

from acceptance.plugins.spec import relative
from acceptance.support.attachments import ARTIFACTS, FAILED, keeps, of_this_test
from acceptance.support.session import ROOT, Session


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("acceptance")
    group.addoption(
        "--keep",
        action="store_true",
        help="leave the folders of the run and the stacks of failed tests, and print how to remove them",
    )
    group.addoption(
        "--report",
        action="store_const",
        dest="htmlpath",
        const=str(ROOT / ".report/report.html"),
        help="write .report/report.html, as --html does",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remove the artifacts of the run before."""
    if not hasattr(session.config, "workerinput") and not session.config.option.collectonly:
        shutil.rmtree(ARTIFACTS, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Write the attachments and the traceback of a failure; add the attachments to the report."""
    report = yield
    if item.config.option.htmlpath and (call.when == "call" or call.excinfo):
        report.extras = [_extra(*each) for each in of_this_test]
    if report.failed and call.excinfo:
        item.stash[FAILED] = True
        about = dict(item.user_properties)
        title = f"{about['requirement']} {about['runtime']} {about['title']}"
        folder = ARTIFACTS / re.sub(r"\W+", "-", title)[:80]
        folder.mkdir(parents=True, exist_ok=True)
        texts = []
        for number, (name, content) in enumerate(of_this_test):
            if isinstance(content, bytes):
                (folder / f"{number}.png").write_bytes(content)
            else:
                texts.append(f"{name}\n{content}\n")
        texts.append(report.longreprtext)
        (folder / "output.txt").write_text("\n".join(texts))
        report.user_properties.append(("artifacts", relative(folder)))
    return report


def _extra(name: str, content: str | bytes) -> dict[str, str | None]:
    if isinstance(content, bytes):
        return extras.png(b64encode(content).decode(), name)
    return extras.text(content, name)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print how to look at the kept stacks, and how to remove them."""
    if not config.option.collectonly and keeps(config):
        kept = Session.current()
        terminalreporter.write_line(f"kept:   {kept.folder}, docker ps --filter name={kept.name}")
        command = f"./scripts/tool.sh python -m acceptance.support.reaper {kept.folder} </dev/null"
        terminalreporter.write_line(f"remove: {command}")
