"""The variables of .env."""

import re
from collections.abc import Mapping
from pathlib import Path

# every line that this accepts is read alike by Docker Compose 2.24 to 5.3
LINE = re.compile(
    r"""[ \t]*(?:\#.*)?
    | [ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)=
      (?:(?:'(?P<single>(?:[^'\\]|\\+[^'\\])*)'
           |"(?P<double>[^"\\$]*)"
           |(?P<bare>[^\s'"\#$][^\s$]*(?:[ ]+[^\s\#$][^\s$]*)*)
         )(?:[ \t]*[ ]\#.*)?)?[ \t]*""",
    re.VERBOSE,
)
REMEDY = "Write NAME=value, NAME='value' (for spaces, # or $) or NAME=\"value\" (for ')."


class ComposeFileError(Exception):
    """Why a file cannot be used: one or more lines for the user."""


def read_env(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a .env file, which may be missing, and `environ`, which wins."""
    text = path.read_bytes().decode("utf-8-sig", "surrogateescape") if path.is_file() else ""
    variables: dict[str, str] = {}
    errors: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        match = LINE.fullmatch(line)
        if not line.replace("\t", " ").isprintable():
            errors.append(f"{path.name}: line {number}: unprintable or not UTF-8. Correct it.")
        elif not match:
            errors.append(f"{path.name}: line {number}: cannot be read. {REMEDY}")
        elif match["name"]:
            variables[match["name"]] = match["single"] or match["double"] or match["bare"] or ""
    if errors:
        raise ComposeFileError("\n".join(errors))
    return variables | dict(environ)
