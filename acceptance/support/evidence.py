"""What a person would ask for when a scenario fails: kept for the report, the last of it for the terminal."""

import allure

_pieces: list[tuple[str, str]] = []  # of the scenario that runs now


def begin() -> None:
    """Forget the last scenario's evidence."""
    _pieces.clear()


def attach(name: str, text: str) -> None:
    """Keep a piece of text, for the terminal when the scenario fails, and for the report."""
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
