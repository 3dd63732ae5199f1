"""What README.md names is there: files, settings, options, versions."""

import re
import sys
import tomllib

from dotenv import dotenv_values

from acceptance.drivers import native, prerequisites
from acceptance.drivers.git import git
from acceptance.drivers.shell import run_command
from acceptance.drivers.workspace import Workspace
from acceptance.plugins.spec import known_requirements, load_sections, requirement
from acceptance.support.session import ROOT

README = (ROOT / "README.md").read_text()
SENTENCES = re.sub(r"```.*?```|^\|.*?$", "", README, flags=re.DOTALL | re.MULTILINE)
INLINE_CODE = re.findall(r"`([^`]+)`", SENTENCES)


def is_there(name: str) -> bool:
    """Return whether git has a file or a folder, or ignores it because a run makes it."""
    ignored = git(ROOT, "check-ignore", "--no-index", name, exit_codes=(0, 1))
    return bool(ignored) or (ROOT / name).exists()


@requirement("DoD-6-references")
def test_files_that_it_links_to_lists_or_names_exist() -> None:
    links = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    listed = re.findall(r"^\| `([^`]+)` \|", README.partition("## Layout")[2], re.MULTILINE)
    named = [word for word in INLINE_CODE if re.fullmatch(r"[\w.-]*[/.][\w./-]+", word)]
    assert links and listed and named
    names = [name.removeprefix("./") for name in (*links, *listed, *named)]
    assert [name for name in names if not is_there(name)] == []


@requirement("DoD-6-references")
def test_options_and_requirements_that_it_names_exist() -> None:
    sections = {section.name for section in load_sections()}
    dev = native.run_dev(Workspace.copy("help"), "--help").output
    suite = run_command([sys.executable, "-m", "pytest", "acceptance", "--help"], ROOT).output
    for code in (code for code in INLINE_CODE if re.search(r"(^|\s)-", code)):
        program = dev if "dev.sh" in code else suite
        for option in re.findall(r"(?:^|\s)(--?\w[\w-]*)", code):
            assert option in program or "python -m" in code, code
        for name in re.findall(r"^-m (\S+)", code):
            assert name in known_requirements() | sections, code


@requirement("DoD-6-references")
def test_its_table_of_settings_is_that_of_env_example() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", README, re.MULTILINE))
    assert table == dotenv_values(ROOT / ".env.example")


@requirement("DoD-6-references")
def test_its_versions_are_those_that_are_asked_for() -> None:
    project = tomllib.loads((ROOT / "backend/pyproject.toml").read_text())["project"]
    needed = {
        "Docker Engine": prerequisites.OLDEST_ENGINE,
        "Compose": prerequisites.OLDEST_COMPOSE,
        "Node": prerequisites.oldest_node(),
        "Python": project["requires-python"].removeprefix(">="),
    }
    named = re.findall(r"(Docker Engine|Compose|Node|Python) (\d+(?:\.\d+)?)", README)
    assert dict(named) == needed and set(named) == set(needed.items())


@requirement("DoD-6-references")
def test_the_start_command_comes_first() -> None:
    assert "docker compose up --build" in README.splitlines()[:15]
