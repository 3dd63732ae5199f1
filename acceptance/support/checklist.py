"""The checklist of requirements, and the tags of the features that it makes known."""

import tomllib
from pathlib import Path

FILE = Path(__file__).parents[1] / "requirements.toml"
OTHER_TAGS = {
    "compose",
    "embedded",
    "browser",
    "node",
    "anywhere",
    "slow",
    "slowest",
}  # what a scenario needs, and how long it takes


def load_checklist() -> dict[str, dict]:
    """The rows of the verdict, each with its sentence and its requirements by full name."""
    rows = tomllib.loads(FILE.read_text())
    for row, facts in rows.items():
        facts["requirements"] = [f"{row}-{name}" for name in facts["requirements"]]
    return rows


def known_requirements() -> set[str]:
    """The full names of all requirements."""
    return {name for facts in load_checklist().values() for name in facts["requirements"]}
