"""What a person sees of a run: each failure in a few lines, what still runs, the verdict at the end."""

import json
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

import pytest

from acceptance.plugins.spec import Section, describe, expected_tests, load_sections
from acceptance.support import attachments
from acceptance.support.session import ROOT, Session

LAST_RUN = ROOT / ".report" / "last-run.json"
OUTCOME_LABELS = {"failed": "VIOLATED", "skipped": "not verified here", "passed": "verified"}
OUTCOME_SYMBOLS = {"failed": ("✗", "red"), "skipped": ("–", "yellow"), "passed": ("✓", "green")}
SILENT_SECONDS = 10  # after these, a line says what still runs
# what is said of a test when the process that ran it has died
UNKNOWN = dict.fromkeys(("requirement", "rule", "location", "runtime", "artifacts"), "")
MAX_COLUMNS = 160
SEEN_LINES = 12  # of what a failed test has seen: the last, as the cause ends a traceback


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each test's report carry what the verdict needs."""
    for item in items:
        runtime = item.callspec.params.get("runtime", "") if hasattr(item, "callspec") else ""
        item.user_properties += [*describe(item).items(), ("runtime", runtime)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """Begin without attachments; meanwhile this process is known to work on the requirement."""
    attachments.of_this_test.clear()
    Session.current().register(os.getpid(), str(dict(item.user_properties)["requirement"]))
    result = yield
    Session.current().register(os.getpid())
    return result


@pytest.hookimpl(trylast=True)
def pytest_bdd_step_error(request: pytest.FixtureRequest, step: Any) -> None:
    """Let the report of a failure carry the step, and its type, which also says what an And is."""
    request.node.user_properties.append(("step_type", step.type))
    request.node.user_properties.append(("step", f"{step.keyword} {step.name}"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
    """Let the report of a failure carry the end of the last attachment."""
    if call.excinfo and not call.excinfo.errisinstance(pytest.skip.Exception):
        item.user_properties.append(("log", "\n".join(attachments.last_lines(12))))


@dataclass(frozen=True)
class Row:
    """A section of the specification with its verdict, and why it is not verified."""

    section: Section
    outcome: str
    seconds: float
    reason: str


class Verdict:
    """Collect the results in the process that started the run, and print them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
        self._results: list[dict[str, Any]] = []
        self._start = self._printed = time.monotonic()
        self._ended = threading.Event()
        if noise := config.pluginmanager.get_plugin("terminaldistreporter"):
            config.pluginmanager.unregister(noise)  # it reports processes, not tests
        threading.Thread(target=self._print_what_runs, daemon=True).start()

    def _print(self, *lines: str, **markup: bool) -> None:
        self._printed = time.monotonic()
        for line in lines:
            self._terminal.write_line(line[:MAX_COLUMNS], **markup)

    def _print_what_runs(self) -> None:
        while not self._ended.wait(1):
            if time.monotonic() - self._printed > SILENT_SECONDS:
                running = sorted(Session.current().running_tests(), reverse=True)
                named = [f"{test} ({age:.0f} s)" for age, test in running]
                self._print(f"{self._seconds()}  … still running: {', '.join(named)}")

    def _seconds(self) -> str:
        return f"{time.monotonic() - self._start:5.0f} s"

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str]:
        """Count a test once, and keep pytest's own letters from the screen."""
        return report.outcome if _counts(report) else "", "", ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Print why a file cannot be imported."""
        if report.failed:
            lines = [line for line in report.longreprtext.splitlines() if line.strip()]
            self._print(report.nodeid, *lines[-SEEN_LINES:], red=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a line for each result, and a failure in a few."""
        if not _counts(report):
            return
        result = {**UNKNOWN, "title": report.nodeid, **dict(report.user_properties)}
        result |= {"outcome": report.outcome, "reason": ""}
        result["seconds"] = report.duration
        if report.outcome == "skipped":
            result["reason"] = skip_reason(report)
        elif report.outcome == "failed":
            crash = getattr(report.longrepr, "reprcrash", None)
            message = crash.message if crash else str(report.longrepr)
            result["reason"] = message.partition("\nassert ")[0]
        _, colour = OUTCOME_SYMBOLS[report.outcome]
        self._print(f"{self._seconds()}  {_line(result)}", **{colour: True})
        if report.outcome == "failed":
            self._print_failure(result)
        self._results.append(result)

    def _print_failure(self, result: dict[str, Any]) -> None:
        if result["reason"] in [other["reason"] for other in self._results]:
            self._print(f"           {result['location']}, for a reason given above")
            return
        seen = [line for line in result["reason"].splitlines() if line.strip()]
        if len(seen) > SEEN_LINES:
            seen = [seen[0], "…", *seen[1 - SEEN_LINES :]]
        lines = [
            f"location:  {result['location']}",
            *([f"step:      {result['step']}"] if "step" in result else []),
            *("seen:      " + "\n".join(seen)).splitlines(),
        ]
        log = [line for line in result.get("log", "").splitlines() if line not in "\n".join(seen)]
        if log[1:]:
            lines += log
        self._terminal.write_line(f"           violated:  {result['rule']}", red=True)
        for line in [*lines, f"all of it: {result['artifacts']}"]:
            self._terminal.write_line(f"           {line}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Keep the results in LAST_RUN, and fail when --strict asks for it."""
        self._ended.set()
        if not self._results:
            return
        LAST_RUN.parent.mkdir(exist_ok=True)
        LAST_RUN.write_text(json.dumps(self._results, indent=1))
        if self._fails_strictly() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _fails_strictly(self) -> bool:
        return self._config.getini("strict") and "skipped" in [row.outcome for row in self.rows()]

    def rows(self) -> list[Row]:
        """Return the sections in their order, each with its verdict."""
        expected = expected_tests()
        return [_row(section, expected, self._results) for section in load_sections()]

    def pytest_terminal_summary(self) -> None:
        """Print the verdict: a line for each section, and one for those of which nothing ran."""
        if not self._results:
            return
        self._terminal.section("verdict")
        rows = self.rows()
        for row in (row for row in rows if row.seconds):
            label, colour = OUTCOME_LABELS[row.outcome], OUTCOME_SYMBOLS[row.outcome][1]
            line = f"{row.section.name:<6} {row.section.sentence:<64} {label:<18}"
            self._terminal.write_line(f"{line} {row.seconds:6.1f} s", **{colour: True})
            if row.outcome == "skipped":
                self._terminal.write_line(f"       {row.reason}")
        if idle := [row.section.name for row in rows if not row.seconds]:
            label = OUTCOME_LABELS["skipped"]
            self._terminal.write_line(f"{label}, not run: {', '.join(idle)}", yellow=True)
        for result in self._results:
            if result["outcome"] == "failed":  # again, as a long run has left the screen
                self._terminal.write_line(_line(result)[:MAX_COLUMNS], red=True)
        if self._fails_strictly():
            self._terminal.write_line("--strict: not everything was verified", red=True)


def skip_reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped."""
    _, _, reason = cast("tuple[str, int, str]", report.longrepr)
    return reason.removeprefix("Skipped: ")


def _line(result: dict[str, Any]) -> str:
    where = f" on {result['runtime']}" if result["runtime"] else ""
    symbol, _ = OUTCOME_SYMBOLS[result["outcome"]]
    return f"{symbol} {result['requirement']}{where}: {result['title']}"


def _counts(report: pytest.TestReport) -> bool:
    return report.when == "call" or report.outcome != "passed"


def _row(section: Section, expected: dict[str, Counter[str]], results: list[dict[str, Any]]) -> Row:
    mine = [result for result in results if result["requirement"] in section.requirements]
    reasons = [result["reason"] for result in mine if result["outcome"] == "skipped"]
    ran = {(result["requirement"], result["location"], result["title"]) for result in mine}
    missing = []
    for name in section.requirements:
        if expected[name] - Counter(place for requirement, place, _ in ran if requirement == name):
            missing.append(name)
    if missing:
        whole = [name for name in section.requirements if name not in missing]
        verified = f"only {', '.join(whole)} ran; " if whole else ""
        reasons.append(f"{verified}not run, or not wholly: {', '.join(missing)}")
    failed = "failed" in [result["outcome"] for result in mine]
    outcome = "failed" if failed else "skipped" if reasons else "passed"
    seconds = sum(result["seconds"] for result in mine)
    return Row(section, outcome, seconds, "; ".join(dict.fromkeys(reasons)))


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.pluginmanager.register(Verdict(config), "verdict")
