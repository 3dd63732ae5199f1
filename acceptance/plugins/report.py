"""The report of a run as one HTML file, made by pytest-html: `--report`."""

from base64 import b64encode
from html import escape
from typing import Any

import pytest
from pytest_html import extras

from acceptance.plugins.spec import load_sections
from acceptance.plugins.verdict import OUTCOME_LABELS, skip_reason
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


def pytest_html_report_title(report: Any) -> None:
    report.title = "The specification of IA-CRM v2"


def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    """Show the verdict above the tests, with what did not run."""
    verdict: Any = session.config.pluginmanager.get_plugin("verdict")
    lines = [
        f"<tr><td><nobr>{row.section.name}</nobr></td><td>{escape(row.section.sentence)}</td>"
        f"<td><nobr><span class='{row.outcome}'>{OUTCOME_LABELS[row.outcome]}</span></nobr></td>"
        f"<td>{escape(row.reason)}</td></tr>"
        for row in verdict.rows()
    ]
    prefix.append(f"<table cellpadding='4'>{''.join(lines)}</table>")


def pytest_html_results_table_header(cells: list[str]) -> None:
    order = '<th class="sortable" data-column-type="order">No.</th>'
    cells[1:2] = [order, "<th>Requirement</th>", "<th>Rule and scenario</th>"]
    del cells[-1]


def pytest_html_results_table_row(report: pytest.TestReport, cells: list[str]) -> None:
    """Show what the test is about, numbered in the order of the specification."""
    properties = getattr(report, "user_properties", [])
    about = {name: escape(str(value)) for name, value in properties}
    if "requirement" not in about:  # a file that cannot be imported, a process that has died
        return
    requirements = [name for section in load_sections() for name in section.requirements]
    number = requirements.index(about["requirement"]) + 1
    where = f" on {about['runtime']}" if about["runtime"] else ""
    reason = f"<br>not verified here: {escape(skip_reason(report))}" if report.skipped else ""
    cells[1:2] = [
        f'<td class="col-order">{number:03}</td>',
        f"<td>{about['requirement']}</td>",
        f"<td>{about['rule']}<br><b>{about['title']}</b>{where}<br>{about['location']}{reason}</td>",
    ]
    del cells[-1]
