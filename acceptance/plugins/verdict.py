"""Progress, failures and verdict of a run, as the terminal shows them."""

import json
import threading
import time
from collections import Counter
from typing import Any, cast

import pytest

from acceptance.plugins.spec import Section, describe, expected_tests, load_sections
from acceptance.support import attachments
from acceptance.support.session import ROOT

LAST_RUN = ROOT / ".report" / "last-run.json"
LABELS = {"failed": "VIOLATED", "skipped": "not verified here", "passed": "verified"}
STYLES = {"failed": ("✗", "red"), "skipped": ("–", "yellow"), "passed": ("✓", "green")}
# properties of a test whose process has died
UNKNOWN = dict.fromkeys(("requirement", "rule", "location", "runtime", "artifacts"), "")
MAX_COLUMNS = 160
SILENT_SECONDS = 10  # after these, a line names the running tests
MAX_LINES = 12  # of a failure's reason: its beginning and its end


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.pluginmanager.register(Verdict(config), "verdict")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the properties that the verdict needs to each test."""
    for item in items:
        runtime = item.callspec.params.get("runtime", "") if hasattr(item, "callspec") else ""
        item.user_properties += [*describe(item).items(), ("runtime", runtime)]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget the attachments of the test before."""
    attachments.of_this_test.clear()


@pytest.hookimpl(trylast=True)
def pytest_bdd_step_error(request: pytest.FixtureRequest, step: Any) -> None:
    """Add the failed step to the test's properties, with its type, which "And" does not name."""
    request.node.user_properties.append(("step_type", step.type))
    request.node.user_properties.append(("step", f"{step.keyword} {step.name}"))


class Verdict:
    """Collects the results in the first process, and prints them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
        self._results: list[dict[str, Any]] = []
        self._start = self._printed = time.monotonic()
        self._running: dict[str, float] = {}  # since when
        self._ended = threading.Event()
        threading.Thread(target=self._report_silence, daemon=True).start()
        if noise := config.pluginmanager.get_plugin("terminaldistreporter"):
            config.pluginmanager.unregister(noise)  # it reports processes, not tests

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which tests run."""
        self._running[nodeid.partition("::")[2]] = time.monotonic()

    def _report_silence(self) -> None:
        while not self._ended.wait(1):
            now = time.monotonic()
            if self._running and now - self._printed > SILENT_SECONDS:
                running = [f"{name} ({now - start:.0f} s)" for name, start in self._running.items()]
                self._print(f"{now - self._start:5.0f} s  … running: {', '.join(running)}")

    def _print(self, *lines: str, **markup: bool) -> None:
        self._printed = time.monotonic()
        for line in lines:
            self._terminal.write_line(line[:MAX_COLUMNS], **markup)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str]:
        """Count a test once, without pytest's letters."""
        return report.outcome if _counts(report) else "", "", ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Print why a file cannot be imported."""
        if report.failed:
            self._print(report.nodeid, *report.longreprtext.splitlines()[-MAX_LINES:], red=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a line for each result, and details of a failure."""
        if not _counts(report):
            return
        self._running.pop(report.nodeid.partition("::")[2], None)
        result = {**UNKNOWN, "title": report.nodeid, **dict(report.user_properties)}
        result |= {"outcome": report.outcome, "seconds": report.duration, "reason": ""}
        if report.outcome == "skipped":
            _, _, reason = cast("tuple[str, int, str]", report.longrepr)
            result["reason"] = reason.removeprefix("Skipped: ")
        elif report.outcome == "failed":
            crash = getattr(report.longrepr, "reprcrash", None)
            message = crash.message if crash else str(report.longrepr)
            result["reason"] = message.partition("\nassert ")[0]
        _, colour = STYLES[report.outcome]
        self._print(f"{time.monotonic() - self._start:5.0f} s  {_line(result)}", **{colour: True})
        if report.outcome == "failed":
            self._print_failure(result)
        self._results.append(result)

    def _print_failure(self, result: dict[str, Any]) -> None:
        if result["reason"] in [other["reason"] for other in self._results]:
            self._print(f"           location:  {result['location']}; same reason as above")
            return
        reason = [line for line in result["reason"].splitlines() if line.strip()]
        if len(reason) > MAX_LINES:
            reason = [reason[0], "…", *reason[1 - MAX_LINES :]]
        lines = [
            f"violated:  {result['rule']}",
            f"location:  {result['location']}",
            *([f"step:      {result['step']}"] if "step" in result else []),
            *("reason:    " + "\n".join(reason)).splitlines(),
            f"artifacts: {result['artifacts']}",
        ]
        for line in lines:
            self._terminal.write_line(f"           {line}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write LAST_RUN, and fail when --strict asks for it."""
        self._ended.set()
        if not self._results:
            return
        LAST_RUN.parent.mkdir(exist_ok=True)
        LAST_RUN.write_text(json.dumps(self._results, indent=1))
        if self._fails_strictly() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _fails_strictly(self) -> bool:
        outcomes = [outcome for _, outcome, _, _ in self._rows()]
        return self._config.getini("strict") and "skipped" in outcomes

    def _rows(self) -> list[tuple[Section, str, float, str]]:
        expected = expected_tests()
        return [(each, *_verdict(each, expected, self._results)) for each in load_sections()]

    def pytest_terminal_summary(self) -> None:
        """Print a line for each section, and the failed tests again."""
        if not self._results:
            return
        self._terminal.section("verdict")
        idle = []
        for section, outcome, seconds, reason in self._rows():
            if not seconds:
                idle.append(section.name)
                continue
            line = f"{section.name:<6} {section.sentence:<64} {LABELS[outcome]:<18}"
            self._terminal.write_line(f"{line} {seconds:6.1f} s", **{STYLES[outcome][1]: True})
            if outcome == "skipped":
                self._terminal.write_line(f"       {reason}")
        if idle:
            self._terminal.write_line(
                f"{LABELS['skipped']}, not run: {', '.join(idle)}", yellow=True
            )
        for result in self._results:
            if result["outcome"] == "failed":  # again, because a long run scrolls off the screen
                self._terminal.write_line(_line(result)[:MAX_COLUMNS], red=True)
        if self._fails_strictly():
            self._terminal.write_line("--strict: not everything was verified", red=True)


def _line(result: dict[str, Any]) -> str:
    where = f" on {result['runtime']}" if result["runtime"] else ""
    symbol, _ = STYLES[result["outcome"]]
    return f"{symbol} {result['requirement']}{where}: {result['title']}"


def _counts(report: pytest.TestReport) -> bool:
    return report.when == "call" or report.outcome != "passed"


def _verdict(
    section: Section, expected: dict[str, Counter[str]], results: list[dict[str, Any]]
) -> tuple[str, float, str]:
    mine = [result for result in results if result["requirement"] in section.requirements]
    reasons = [result["reason"] for result in mine if result["outcome"] == "skipped"]
    ran = {(result["requirement"], result["location"], result["title"]) for result in mine}
    missing = []
    for name in section.requirements:
        if expected[name] - Counter(place for requirement, place, _ in ran if requirement == name):
            missing.append(name)
    if missing:
        complete = [name for name in section.requirements if name not in missing]
        verified = f"only {', '.join(complete)} ran; " if complete else ""
        reasons.append(f"{verified}not run, or not completely: {', '.join(missing)}")
    failed = "failed" in [result["outcome"] for result in mine]
    outcome = "failed" if failed else "skipped" if reasons else "passed"
    seconds = sum(result["seconds"] for result in mine)
    return outcome, seconds, "; ".join(dict.fromkeys(reasons))
