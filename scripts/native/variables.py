"""Read the variables of .env and put them into texts, by docker compose's rules."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream

# what stands for a variable; a default may hold variables, three deep
REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>\w+)"
    r"(?:(?P<operator>:?[-+?])(?P<word>(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*))?\})",
    re.ASCII,
)


class ComposeFileError(Exception):
    """Why a file, or a service of it, cannot be used: a line for the user."""


def expand(template: str, variables: Mapping[str, str]) -> str:
    """Return a text with its variables put in. Raises ComposeFileError when one is not set."""

    def value(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        name, operator, word = (
            match["bare"] or match["braced"],
            match["operator"] or "",
            match["word"],
        )
        found = variables.get(name)
        is_set = bool(found) if operator.startswith(":") else found is not None
        if operator.endswith("+"):
            return expand(word, variables) if is_set else ""
        if not is_set and operator.endswith("-"):
            return expand(word, variables)
        if not is_set:
            raise ComposeFileError(f"variable {name}: {word or 'is not set'}")
        return found or ""

    return REFERENCE.sub(value, template)


def read_variables(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a .env file, which need not exist, and of `environ`, which win.

    Raises ComposeFileError, with file and line, where compose might read something else.
    """
    variables = dict(environ)
    try:
        text = path.read_text("utf-8-sig") if path.is_file() else ""
    except UnicodeDecodeError:
        raise ComposeFileError(f"{path.name} is not UTF-8") from None
    for binding in parse_stream(io.StringIO(text)):
        name, value = binding.key, binding.value or ""
        quote = binding.original.string.partition("=")[2].lstrip()[:1]
        try:
            if binding.error or not re.fullmatch(r"[\w.-]*", name or ""):
                raise ComposeFileError("expected NAME=VALUE")
            if quote != "'":  # between single quotes a dollar sign is one
                template = value.replace(r"\$", "$$") if quote == '"' else value
                value = expand(template, variables)
        except ComposeFileError as error:
            raise ComposeFileError(f"{path.name}: line {binding.original.line}: {error}") from None
        if name and name not in environ:
            variables[name] = value
    return variables
