"""What of the suite runs: pytest's own options, given sections, requirements, names and feature files."""

import re
from difflib import get_close_matches
from pathlib import Path

import pytest

from acceptance.plugins import spec

FOLDER = "acceptance"
WORDS = re.compile(r"[\w-]+")
OPERATORS = {"and", "or", "not"}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Stay in one process when a debugger needs the terminal."""
    if config.option.usepdb:
        config.option.numprocesses = 0
        config.option.timeout = 0


def pytest_configure(config: pytest.Config) -> None:
    """Make the tags known as markers, and read -k, -m and the paths as the suite's users write them.

    Raises UsageError for a name that nothing has, with those that are near.
    """
    names = spec.known_requirements() | {section.name for section in spec.load_sections()}
    for tag in sorted(names | spec.OTHER_TAGS):
        config.addinivalue_line("markers", f"{tag}: a section, a requirement or a need of a test")
    for word in set(WORDS.findall(config.option.markexpr)) - OPERATORS - spec.OTHER_TAGS:
        if word not in names:
            raise pytest.UsageError(
                f"-m: no requirement {word} in acceptance/spec.toml{_near(word, names)}"
            )
    text = config.option.keyword
    config.option.title, config.option.features = "", []
    if " " in text and not OPERATORS & set(text.split()):
        titles = _titles()
        if not any(text.lower() in title.lower() for title in titles):
            raise pytest.UsageError(f"-k: no scenario or test {text!r}{_near(text, titles)}")
        config.option.title, config.option.keyword = text.lower(), ""
    paths = [path for path in config.args if path.rstrip("/") != FOLDER]
    features = [Path(path).resolve() for path in paths if path.endswith(".feature")]
    for feature in features:
        if not feature.exists():
            known = [spec.relative(path) for path in spec.FOLDER.glob("features/*.feature")]
            raise pytest.UsageError(f"no file {feature}{_near(spec.relative(feature), known)}")
    others = [path for path in paths if not path.endswith(".feature")]
    if features:
        config.option.features = [spec.relative(path) for path in features]
        others.append(str(spec.FOLDER / "test_features.py"))
    config.args[:] = others or config.args


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what has another title, or stands in another feature file, than was asked for."""
    selected, others = [], []
    for item in items:
        about = spec.describe(item)
        file = about["location"].partition(":")[0]
        is_asked = config.option.title in about["title"].lower()
        if config.option.features and file.endswith(".feature"):
            is_asked = is_asked and file in config.option.features
        (selected if is_asked else others).append(item)
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = selected


def _titles() -> set[str]:
    scenarios = {test["name"] for each in spec.read_scenarios() for test in each.tests}
    plain = {location.partition("::test_")[2] for _, location in spec.read_plain_tests()}
    return scenarios | {name.replace("_", " ") for name in plain}


def _near(name: str, known: set[str] | list[str]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"; near it: {', '.join(near)}" if near else ""
