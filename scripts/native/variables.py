r"""Read the variables of .env and put them into texts, by docker compose's rules.

Of its grammar this knows what Compose 2.24 to 5.3 read alike (compose-go v2.0.0-beta.3 to v2.13.0,
dotenv/parser.go and template/template.go), and refuses the rest. A line is blank, a `#` with a
comment, or `NAME=value`, also behind `export`; behind a value ` #` begins a comment. A value is
- bare: it begins with no quote and no `#`, has no blanks but spaces, and ends without them;
- '…', also over several lines: as it stands, but that \' is a quote; or
- "…", also over several lines: \", \\ and \$ are the second of the two, and \n ends a line.
In bare values and "…", $NAME, ${NAME}, ${NAME-default} and ${NAME:-default} put in a variable of the
shell or of a line above, and $$ is a dollar sign.
"""

import re
from collections.abc import Mapping
from pathlib import Path

# what stands for a variable; a default may hold variables, three deep
REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>\w+)"
    r"(?:(?P<operator>:?[-+?])(?P<word>(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*))?\})",
    re.ASCII,
)
# compose-go v2.2.0 refuses a dash in a name; `export` before a blank is no name
NAME = r"[ \t]*(?:export[ \t]+)?(?!export[ \t])(?P<name>[A-Za-z_][A-Za-z0-9_.]*+)[ \t]*"
QUOTED = r"""(?P<quote>['"])(?P<quoted>(?:\\.|(?!(?P=quote)|\\).)*+)(?P=quote)"""
BARE = r"""(?P<bare>(?!['"#])(?:(?! \#)[\S ])*+)"""
STATEMENT = re.compile(
    rf"(?:{NAME}=[ \t]*+(?:(?s:{QUOTED})|{BARE})[ \t]*(?: #.*)?|[ \t]*(?:#.*)?)\r?(?:\n|\Z)"
)
# what a value that is no '…' may hold; Go's (?i) takes two letters beyond ASCII into a name
TEMPLATE = re.compile(
    r'(?:[^\\$]|\\[\\"$n]|\$\$|\$[A-Za-z_][A-Za-z0-9_]*+(?![\u017f\u212a])'
    r"|\$\{[A-Za-z_][A-Za-z0-9_]*(?::?-[^${}\\\n]*)?\})*+"
)
KEEP = "write '…' around the value to keep it as it stands"
FOREIGN = {  # what no line may hold
    r"[\ud800-\udfff]": "not UTF-8: save the file as UTF-8",
    r"\r(?!\n)": "a CR that ends no line: save the file with line ends LF or CRLF",
    r"[\0-\x08\v\f\x0e-\x1f\x7f-\x9f]": "a control character: remove it",
}
FAULTS = {  # of what is no STATEMENT: the first that is found is told
    rf"{NAME}=[ \t]*{QUOTED}[ \t]*#": "no space between quote and comment: write one before the #",
    rf"{NAME}=[ \t]*{QUOTED}": r"text behind the closing quote: write \' or \" for a quote inside",
    rf"{NAME}=[ \t]*['\"]": r"no closing quote at the end: write it, and \' or \" for one inside",
    rf"{NAME}=[ \t]*#": "a value that begins with #: write '…' around it, or the comment above",
    rf"{NAME}=": f"a blank in the value that is no space: {KEEP}",
    rf"{NAME}:": "a colon behind the name: write NAME=value",
    r"[^=\n]*(?:\n|\Z)": "no = in the line: write NAME=value, or # before a comment",
    "": "no name of letters, digits, _ and . (no digit first) before the =: write NAME=value",
}


class ComposeFileError(Exception):
    """Why a file, or a service of it, cannot be used: a line for the user, or several."""


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


def read_variables(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a .env file, which need not exist, and of `environ`, which win.

    Raises ComposeFileError with a line for each broken line of the file, which tells no value.
    """
    data = path.read_bytes() if path.exists() and not path.is_dir() else b""
    text = data.decode("utf-8-sig", "surrogateescape")
    variables, faults, position = dict(environ), dict[int, str](), 0
    for characters, fault in FOREIGN.items():
        for found in re.finditer(characters, text):
            faults.setdefault(text.count("\n", 0, found.start()) + 1, fault)
    while position < len(text):
        statement, named = STATEMENT.match(text, position), re.compile(NAME).match(text, position)
        try:
            if not statement:
                rest = text[position:]
                raise ComposeFileError(
                    next(FAULTS[rule] for rule in FAULTS if re.match(rule, rest))
                )
            value = _value(statement, variables)
        except ComposeFileError as error:
            faults.setdefault(text.count("\n", 0, position) + 1, str(error))
            value = ""  # so that lines that refer to it are not reported
        if named and named["name"] not in environ:
            variables[named["name"]] = value
        position = statement.end() if statement else text.find("\n", position) + 1 or len(text)
    if "\0" in text:
        faults = {1: "UTF-16: save it as UTF-8 (PowerShell: Set-Content -Encoding utf8)"}
    if faults:
        lines = [f"{path.name}: line {line}: {fault}" for line, fault in sorted(faults.items())]
        raise ComposeFileError("\n".join(lines))
    return variables


def _value(statement: re.Match[str], variables: Mapping[str, str]) -> str:
    quote, quoted, bare = statement["quote"], statement["quoted"], statement["bare"] or ""
    if quote == "'":
        return quoted.replace(r"\'", "'")
    template = quoted if quote else bare.rstrip().replace("\\", r"\\")
    if rest := TEMPLATE.sub("", template, count=1):
        if rest.startswith("$"):
            raise ComposeFileError(f"$ begins no $NAME, ${{NAME}} or ${{NAME:-default}}: {KEEP}")
        raise ComposeFileError(r"""\ before another character than \ " $ n: write \\ for it""")
    escapes = {"$": "$$", "n": "\n"}
    template = re.sub(r"\\(.)", lambda escape: escapes.get(escape[1], escape[1]), template)
    try:
        return expand(template, variables)
    except ComposeFileError:
        fault = f"$ begins the name of a variable that is not set: {KEEP}"
        raise ComposeFileError(fault) from None
