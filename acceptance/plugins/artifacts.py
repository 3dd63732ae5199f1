"""What a failed test leaves to be looked at: all of its output in a folder, and with --keep its stack."""

import re
import shutil
import sys
from typing import Any

import pytest

from acceptance.plugins.spec import relative
from acceptance.support import attachments
from acceptance.support.attachments import ARTIFACTS, FAILED, keeps
from acceptance.support.session import Session


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("acceptance").addoption(
        "--keep",
        action="store_true",
        help="when a test has failed, leave its stack running, and all folders; "
        "the last lines say how to look at them and how to remove them",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remove the artifacts of the run before."""
    if not hasattr(session.config, "workerinput") and not session.config.option.collectonly:
        shutil.rmtree(ARTIFACTS, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Write the traceback of a failure and each attachment, whole, to a folder of the test."""
    report = yield
    if report.failed and call.excinfo:
        item.stash[FAILED] = True
        about = dict(item.user_properties)
        title = f"{about['requirement']} {about['runtime']} {about['title']}"
        folder = ARTIFACTS / re.sub(r"\W+", "-", title)[:80]
        folder.mkdir(parents=True, exist_ok=True)
        texts = []
        for number, (name, content, _) in enumerate(attachments.all_attachments()):
            if isinstance(content, bytes):
                (folder / f"{number}.png").write_bytes(content)
            else:
                texts.append(f"{name}\n{content}\n")
        texts.append(f"{call.excinfo.getrepr(style='long')}")
        (folder / "output.txt").write_text("\n".join(texts))
        report.user_properties.append(("artifacts", relative(folder)))
    return report


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print how to look at what is kept, and how to remove it."""
    if not config.option.collectonly and keeps(config):
        kept = Session.current()
        terminalreporter.write_line(f"kept:   {kept.folder}, docker ps --filter name={kept.name}")
        command = f"{sys.executable} -m acceptance.support.reaper {kept.folder} </dev/null"
        terminalreporter.write_line(f"remove: {command}")
