"""Steps: each takes the words of a sentence, asks a driver, and asserts."""

import re


def parse_list(text: str) -> list[str]:
    """Return what an enumeration like `postgres, redis and api` names."""
    return re.split(r", | and ", text)
