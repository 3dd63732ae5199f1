"""What a person sees of a run: progress while it runs, each failure in a few lines, the verdict at the end."""

import json
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from pytest_bdd.parser import ScenarioTemplate
from pytest_bdd.scenario import scenario_wrapper_template_registry

from acceptance.support.checklist import known_requirements, load_checklist
from acceptance.support.features import read_scenarios
from acceptance.support.run import ROOT

LAST_RUN = ROOT / ".report" / "last-run.json"
SHARED = "the stack is running"  # the step of scenarios that only look, and are quick
WORDS = {"passed": "verified", "failed": "VIOLATED", "skipped": "not verified here"}


def _template(item: pytest.Item) -> ScenarioTemplate:
    return scenario_wrapper_template_registry[item.function]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each test's report carry what the verdict needs, and the long scenarios come first."""
    items.sort(key=lambda item: any(step.name == SHARED for step in _template(item).steps))
    known = known_requirements()
    for item in items:
        template = _template(item)
        runtime = item.callspec.params.get("runtime") if hasattr(item, "callspec") else None
        example = item.callspec.params.get("_pytest_bdd_example", {}) if hasattr(item, "callspec") else {}
        item.user_properties += [
            ("requirement", next(iter(template.rule.tags & known))),
            ("rule", template.rule.name),
            ("scenario", template.render(example).name + (f" [{', '.join(example.values())}]" if example else "")),
            ("runtime", runtime or ""),
            ("where", f"{Path(template.feature.filename).relative_to(ROOT)}:{template.line_number}"),
        ]


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.pluginmanager.register(Verdict(config), "verdict")


class Verdict:
    """Collects the results in the process that started the run, and tells them."""

    def __init__(self, config: pytest.Config):
        self.config = config
        self.terminal = config.pluginmanager.get_plugin("terminalreporter")
        self.results: list[dict] = []
        self.begun = time.monotonic()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport):
        if any(name == "requirement" for name, _ in report.user_properties):
            return report.outcome if self._counts(report) else "", "", ""
        return None

    @staticmethod
    def _counts(report: pytest.TestReport) -> bool:
        return report.when == "call" or report.outcome != "passed"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        facts = dict(report.user_properties)
        if "requirement" not in facts or not self._counts(report):
            return
        result = facts | {"outcome": report.outcome, "seconds": report.duration}
        if report.outcome == "skipped":
            result["reason"] = report.longrepr[2].removeprefix("Skipped: ")
        elif report.outcome == "failed":
            crash = getattr(report.longrepr, "reprcrash", None)
            result["reason"] = crash.message.partition("\nassert ")[0] if crash else str(report.longrepr)
        self.results.append(result)
        self._tell(result)

    def _tell(self, result: dict) -> None:
        sign, colour = {"passed": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("–", "yellow")}[result["outcome"]]
        runtime = f" on {result['runtime']}" if result["runtime"] else ""
        self.terminal.write_line(
            f"{time.monotonic() - self.begun:5.0f} s  {sign} {result['requirement']}{runtime}: {result['scenario']}",
            **{colour: True},
        )
        if result["outcome"] == "failed":
            self._tell_failure(result)

    def _tell_failure(self, result: dict) -> None:
        if any(other["reason"] == result["reason"] for other in self.results[:-1] if other["outcome"] == "failed"):
            self.terminal.write_line(f"           {result['where']}, for a reason told above")
            return
        lines = [
            f"violated:  {result['rule']}",
            f"where:     {result['where']}",
            f"step:      {result.get('step', 'before the first step')}",
            *("seen:      " + result["reason"]).splitlines()[:10],
            *result.get("evidence", "").splitlines()[:13],
        ]
        for line in lines:
            self.terminal.write_line(f"           {line[:160]}", red=line.startswith("violated"))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self.results:
            return
        LAST_RUN.parent.mkdir(exist_ok=True)
        LAST_RUN.write_text(json.dumps(self.results, indent=1))
        unverified = any(verdict == "not verified here" for _, _, verdict, _, _ in self.rows())
        if self.config.getini("strict") and unverified and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def rows(self) -> list[tuple[str, str, str, float, str]]:
        """For each row of the checklist: its name, sentence, verdict, seconds, and why it is not verified."""
        expected = Counter()
        for scenario in read_scenarios():
            expected.update({requirement: scenario.tests for requirement in scenario.rule_tags})
        by_requirement = defaultdict(list)
        for result in self.results:
            by_requirement[result["requirement"]].append(result)
        rows = []
        for row, facts in load_checklist().items():
            names = facts["requirements"]
            results = [result for name in names for result in by_requirement[name]]
            outcomes = {result["outcome"] for result in results}
            seen = {name: {(r["where"], r["scenario"]) for r in by_requirement[name]} for name in names}
            missing = [name for name in names if len(seen[name]) < expected[name]]
            reasons = [result["reason"] for result in results if result["outcome"] == "skipped"]
            reasons += [f"not run, or not wholly: {', '.join(missing)}"] if missing else []
            worst = "failed" if "failed" in outcomes else "skipped" if reasons else "passed"
            rows.append((row, facts["sentence"], WORDS[worst], sum(r["seconds"] for r in results), "; ".join(dict.fromkeys(reasons))))
        return rows

    def pytest_terminal_summary(self, exitstatus: int) -> None:
        if not self.results:
            return
        self.terminal.section("verdict")
        for row, sentence, verdict, seconds, reason in self.rows():
            colour = {"verified": "green", "VIOLATED": "red"}.get(verdict, "yellow")
            self.terminal.write_line(f"{row:<6} {sentence:<62} {verdict:<18} {seconds:6.1f} s", **{colour: True})
            if reason and verdict != "VIOLATED":
                self.terminal.write_line(f"       {reason}")
