"""The report of a run as one HTML file, made by pytest-html: `--report`."""

from base64 import b64encode
from html import escape
from typing import Any

import pytest
from pytest_html import extras

from acceptance.support import attachments
from acceptance.support.session import ROOT


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let --report stand for pytest-html's own --html, with the place of the file."""
    parser.getgroup("acceptance").addoption(
        "--report",
        action="store_const",
        dest="htmlpath",
        const=str(ROOT / ".report/report.html"),
        help="write .report/report.html: every test with its steps, transcripts and screenshots",
    )


def pytest_bdd_after_step(step: Any) -> None:
    """Keep each step that has passed, in its order among the transcripts."""
    attachments.attach(f"{step.keyword} {step.name}", "", in_terminal=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Give the report of a test its attachments."""
    report = yield
    if item.config.option.htmlpath and (call.when == "call" or call.excinfo):
        report.extras = [to_extra(each) for each in attachments.all_attachments()]
    return report


def to_extra(attachment: attachments.Attachment) -> dict[str, Any]:
    """Return what pytest-html shows for an attachment; it goes between processes as JSON."""
    if isinstance(attachment.content, bytes):
        return extras.png(b64encode(attachment.content).decode(), attachment.name)
    name, text = escape(attachment.name), escape(attachment.content)
    if not text:
        return extras.html(f"<p>{name}</p>")
    return extras.html(f"<details><summary>{name}</summary><pre>{text}</pre></details>")


def pytest_html_results_table_header(cells: list[str]) -> None:
    cells[1:3] = ["<th>Requirement</th>", "<th>Rule and scenario</th>"]


def pytest_html_results_table_row(report: pytest.TestReport, cells: list[str]) -> None:
    about = {name: escape(str(value)) for name, value in report.user_properties}
    where = f" on {about['runtime']}" if about.get("runtime") else ""
    cells[1] = f"<td>{about['requirement']}</td>"
    cells[2] = f"<td>{about['rule']}<br><b>{about['title']}</b>{where}<br>{about['location']}</td>"
