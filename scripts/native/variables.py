"""Variables in the texts of docker-compose.yml."""

import re
from collections.abc import Mapping

from native.env_file import ComposeFileError

# what stands for a variable; a default may hold variables, three deep
REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>\w+)"
    r"(?:(?P<operator>:?[-+?])(?P<word>(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*))?\})",
    re.ASCII,
)


def expand(template: str, variables: Mapping[str, str]) -> str:
    """Return a text with its variables put in. Raises ComposeFileError when one is not set."""

    def value(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        name, word = match["bare"] or match["braced"], match["word"]
        operator = match["operator"] or ""
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
