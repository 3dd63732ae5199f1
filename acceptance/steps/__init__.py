"""Steps: each takes the words of a sentence, asks a driver, and asserts."""

import re


def names(words: str) -> list[str]:
    """What an enumeration like `postgres, redis and api` names."""
    return re.split(r", | and ", words)
