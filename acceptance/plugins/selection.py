"""What of the suite runs: pytest's own options, given sections, requirements, titles and feature files."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import pytest

from acceptance.plugins import spec

OPERATORS = {"and", "or", "not"}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Stay in one process when a debugger needs the terminal."""
    if config.option.usepdb:
        config.option.numprocesses = config.option.timeout = 0


def pytest_configure(config: pytest.Config) -> None:
    """Make the tags known as markers, and read -m, -k and the paths as the suite's users write them.

    Raises UsageError for a name that nothing has, with those that are near.
    """
    names = spec.known_requirements() | {section.name for section in spec.load_sections()}
    for tag in sorted(names | spec.OTHER_TAGS):
        config.addinivalue_line("markers", f"{tag}: a section, a requirement or a need of a test")
    for word in set(re.findall(r"[\w-]+", config.option.markexpr)) - OPERATORS - spec.OTHER_TAGS:
        _check(word, names, "-m: no requirement")
    text = config.option.keyword
    if " " in text and not OPERATORS & set(text.split()):
        titles = spec.titles()
        if not any(_keyword(text) in _keyword(title) for title in titles):
            _check(text, titles, "-k: no title")
        config.option.keyword = _keyword(text)
    paths = [path for path in config.args if Path(path).resolve() != spec.FOLDER]
    features = [path for path in paths if path.endswith(".feature")]
    for path in features:
        known = [spec.relative(feature) for feature in spec.FOLDER.glob("features/*")]
        _check(spec.relative(Path(path).resolve()), known, "no file")
        paths[paths.index(path)] = str(spec.FOLDER / "test_features.py")
    if features:
        either = " or ".join(Path(path).stem for path in features)
        config.option.keyword = f"({either}) and ({config.option.keyword or either})"
    config.args[:] = dict.fromkeys(paths or config.args)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let -k find a test by its title and, for a scenario, by its feature."""
    about = spec.describe(item)
    feature = Path(about["location"].partition(":")[0]).stem
    item.extra_keyword_matches |= {_keyword(about["title"]), feature}


def _keyword(title: str) -> str:
    return re.sub(r"\W+", "_", title.lower())


def _check(name: str, known: Iterable[str], complaint: str) -> None:
    if name not in known:
        near = get_close_matches(name, known, cutoff=0.5)
        raise pytest.UsageError(f"{complaint} {name}; near it: {', '.join(near) or 'nothing'}")
