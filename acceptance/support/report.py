"""The report of a run as one HTML file, made by Allure: `--report`."""

import shutil
import subprocess
from pathlib import Path

import allure
import pytest

from acceptance.support.checklist import load_checklist
from acceptance.support.run import ROOT

RESULTS = ROOT / ".report/allure-results"
HTML = ROOT / ".report/html"
BUILDER = Path(__file__).parents[1] / "report"  # where npm keeps Allure
BUILD = '''[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --loglevel=error &&
  node_modules/.bin/allure generate --config allurerc.json --output "$1" "$2"'''


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("acceptance").addoption(
        "--report",
        action="store_true",
        help="write .report/html/index.html: every step with its evidence",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let Allure collect, before its own plugin looks whether it should."""
    if config.option.report:
        config.option.allure_report_dir = str(RESULTS)
        if not hasattr(config, "workerinput"):
            for folder in (RESULTS, HTML):
                shutil.rmtree(folder, ignore_errors=True)


def pytest_bdd_before_scenario(request: pytest.FixtureRequest) -> None:
    """Put the scenario under its row of the checklist and its Rule, in the specification's order."""
    if not request.config.option.report:
        return
    facts = dict(request.node.user_properties)
    for number, (row, content) in enumerate(load_checklist().items(), 1):
        if facts["requirement"] in content["requirements"]:
            allure.dynamic.epic(f"{number:02} {row} {content['sentence']}")
            allure.dynamic.story(
                f"{content['requirements'].index(facts['requirement']) + 1}. {facts['rule']}"
            )
    allure.dynamic.title(
        facts["scenario"] + (f" on {facts['runtime']}" if facts["runtime"] else "")
    )
    allure.dynamic.description(f"{facts['requirement']}, {facts['where']}")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    if not config.option.report or hasattr(config, "workerinput"):
        return
    terminalreporter.write_line("report: building")
    built = subprocess.run(
        ["bash", "-c", BUILD, "-", HTML, RESULTS],
        cwd=BUILDER,
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode == 0:
        terminalreporter.write_line(f"report: {HTML / 'index.html'}")
    else:
        terminalreporter.write_line(
            f"report: not built, {(built.stderr or built.stdout).strip()[-300:]}", red=True
        )
