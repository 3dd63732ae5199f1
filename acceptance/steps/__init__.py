"""Steps: each takes the words of a sentence, asks a driver, and asserts."""

import re
import shlex


def parse_list(text: str) -> list[str]:
    """Return what an enumeration like `postgres, redis and api` names."""
    return re.split(r", | and ", text)


def parse_settings(table: list[list[str]]) -> dict[str, str]:
    """Return a table of two columns as a dictionary; quotes keep the blanks of a value."""
    return {
        name: shlex.split(value)[0] if value.startswith('"') else value for name, value in table
    }


def column(table: list[list[str]]) -> list[str]:
    """Return the cells of a table of one column."""
    return [cell for [cell] in table]
