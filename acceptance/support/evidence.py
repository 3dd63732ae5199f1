"""What a person would ask for when a scenario fails: kept for the report, the last of it for the terminal."""

import allure

_pieces: list[tuple[str, str]] = []  # of the scenario that runs now
_reported = False


def begin(reported: bool) -> None:
    """Forget the last scenario's evidence; `reported` tells whether a report is written."""
    global _reported
    _reported = reported
    _pieces.clear()


def is_reported() -> bool:
    """Whether a report is written, which also tells of what is well."""
    return _reported


def attach(name: str, text: str, telling: bool = True) -> None:
    """Keep a piece of text for the report, and, when it is telling, for the terminal when the scenario fails."""
    if telling:
        _pieces.append((name, text))
    allure.attach(text, name, allure.attachment_type.TEXT)


def attach_picture(name: str, png: bytes) -> None:
    """Keep a screenshot for the report."""
    allure.attach(png, name, allure.attachment_type.PNG)


def last_lines(count: int) -> list[str]:
    """The end of the latest piece: what is worth showing in a terminal."""
    if not _pieces:
        return []
    name, text = _pieces[-1]
    lines = [line for line in text.splitlines() if line.strip()]
    return [f"{name}:", *lines[-count:]]
