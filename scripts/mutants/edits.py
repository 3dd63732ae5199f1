"""Edit files by structure, so that an equivalent rewrite of the project does not lose a defect.

An edit says where to look (`in`: a file, a folder or a glob), an anchor that must be there exactly
once, and what to do with it:

- `path`: a value in YAML, TOML or JSON by its keys, as in "services.api.ports.0"; `*` is any key or
  index, and `old` narrows it to a string that contains this. `set`, `delete`, `append` (an item,
  keys or text), or `new` instead of `old`. `every = true` lets it be there more than once.
- `code`: Python, compared as a syntax tree: an expression, a keyword argument or statements,
  in which `...` is any expression. `new` replaces it; nothing removes it.
- `text`: anything else. White space and the kind of quotes do not count, and a line break at the
  beginning or end means that of a line; `heading` names a section of Markdown. `new` as for `code`.
- none: `append` text to a file, or `create` one.

A defect of several edits has a list of them, `edits`; the keys beside it hold for each.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from textwrap import dedent, indent
from typing import Any, ClassVar

import yaml

CATALOGUE = Path(__file__).with_name("catalogue.toml")
ANCHORS = ("path", "code", "text")
KEYS = {"in", *ANCHORS, "old", "new", "set", "delete", "append", "create", "every", "heading"}
EXCLUDED = {"node_modules", "dist", ".venv", "__pycache__", CATALOGUE.name}

Edit = dict[str, Any]
Span = tuple[int, int, int, int]  # first line and column, last line and column


class AnchorNotFound(Exception):
    """What an edit looks for is not there exactly once, or the edit would change nothing."""


@dataclass(frozen=True)
class Defect:
    """A known defect: its edits, the requirement that must fail, and the runtime that shows it."""

    name: str
    violates: str
    runtime: str
    edits: tuple[Edit, ...]

    def changes(self, root: Path) -> dict[Path, str]:
        """Return the new text of each file below `root` that it edits. Raises AnchorNotFound."""
        texts: dict[Path, str] = {}
        for edit in self.edits:
            anchor = next((edit[kind] for kind in ANCHORS if kind in edit), "")
            where = f"{self.name}: {anchor!r} in {edit['in']}"
            try:
                found = list(_results(root, edit, texts))
            except (SyntaxError, TypeError, ValueError, LookupError, yaml.YAMLError) as error:
                raise AnchorNotFound(f"{where}: {' '.join(str(error).split())}") from error
            if len(found) != 1:
                raise AnchorNotFound(f"{where}: {len(found)} places to change, not one")
            texts |= found
        return texts

    def apply(self, root: Path) -> None:
        """Plant it in the files below `root`. Raises AnchorNotFound, having changed nothing."""
        for file, text in self.changes(root).items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


def load_catalogue(text: str | None = None) -> dict[str, Defect]:
    """Return all defects by name. Raises ValueError when an edit has an unknown key."""
    defects = {}
    for name, table in tomllib.loads(text or CATALOGUE.read_text()).items():
        violates, runtime = table.pop("violates"), table.pop("runtime", "native")
        edits = tuple(table | edit for edit in table.pop("edits", [{}]))
        if unknown := {key for edit in edits for key in edit} - KEYS:
            raise ValueError(f"{name}: unknown key {min(unknown)}")
        defects[name] = Defect(name, violates, runtime, edits)
    return defects


def _results(root: Path, edit: Edit, texts: dict[Path, str]) -> Iterator[tuple[Path, str]]:
    """Yield file and new text for each place that matches; `texts` are those of earlier edits."""
    place = root / edit["in"]
    if "create" in edit and not place.exists():
        yield place, edit["create"]
    for file in sorted(place.rglob("*") if place.is_dir() else root.glob(edit["in"])):
        if file.is_file() and not EXCLUDED & set(file.relative_to(root).parts):
            with suppress(UnicodeDecodeError):
                text = texts[file] if file in texts else file.read_text()
                edited = _edited(text, edit, file.suffix)
                yield from ((file, new) for new in edited if new != text)


def _edited(text: str, edit: Edit, suffix: str) -> Iterable[str]:
    match edit:
        case {"path": _}:
            return _edit_data(text, edit, suffix)
        case {"code": snippet}:
            return _edit_code(text, snippet, edit["new"]) if suffix == ".py" else []
        case {"text": _}:
            return _edit_text(text, edit)
        case {"append": more}:
            return [text + more]
    return []


class _Loader(yaml.SafeLoader):
    """Reads `on` as a word, as YAML 1.2 does."""

    _kinds = yaml.SafeLoader.yaml_implicit_resolvers.items()
    # pyrefly: ignore [bad-override]
    yaml_implicit_resolvers: ClassVar = {k: v for k, v in _kinds if k not in {*"oOyY"}}


class _Dumper(yaml.SafeDumper):
    """Writes each value where it is, without anchors, and nothing for null."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_NULL = "tag:yaml.org,2002:null"
_Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar(_NULL, ""))


def _load(text: str, suffix: str) -> Any:
    match suffix:
        case ".toml":
            return tomllib.loads(text)
        case ".json":
            return json.loads(text)
    return yaml.load(text, _Loader)


def _dump(document: Any, suffix: str) -> str:
    match suffix:
        case ".toml":
            return "".join(f"{json.dumps(key)} = {_inline(document[key])}\n" for key in document)
        case ".json":
            return json.dumps(document, indent=2)
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(_dump({key: value[key]}, '.toml').strip() for key in value)}}}"
    return f"[{', '.join(map(_inline, value))}]" if isinstance(value, list) else json.dumps(value)


@lru_cache
def _normal(text: str, suffix: str) -> str:
    """Return a document as an edit writes it, in which nothing is shared by a YAML anchor."""
    return _dump(_load(text, suffix), suffix)


def _edit_data(text: str, edit: Edit, suffix: str) -> Iterator[str]:
    path, old = ["", *filter(None, edit["path"].split("."))], edit.get("old")
    before = _normal(text, suffix)
    document = {"": _load(before, suffix)}
    count = len(list(_places(document, path, old)))
    for chosen in [range(count)] if edit.get("every") else [[i] for i in range(count)]:
        root = deepcopy(document)
        places = list(_places(root, path, old))
        for node, key in [places[i] for i in reversed(chosen)]:
            _edit_value(node, key, edit)
        if (after := _dump(root[""], suffix)) != before:
            yield after


def _places(node: Any, path: list[str], old: str | None) -> Iterator[tuple[Any, Any]]:
    """Yield container and key of each value at a path."""
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in [key for key in keys if path[0] in ("*", str(key))]:
        if path[1:]:
            yield from _places(node[key], path[1:], old)
        elif not old or (isinstance(node[key], str) and len(_pattern(old).findall(node[key])) == 1):
            yield node, key


def _edit_value(node: Any, key: Any, edit: Edit) -> None:
    match edit:
        case {"delete": True}:
            del node[key]
        case {"set": value}:
            node[key] = value
        case {"old": old, "new": new}:
            node[key] = _pattern(old).sub(lambda _: new, node[key])
        case {"append": dict(more)}:
            node[key] = more | node[key]
        case {"append": more}:
            node[key] += [more] if isinstance(node[key], list) else more


def _edit_code(text: str, snippet: str, new: str) -> Iterator[str]:
    source, new = text.encode(), dedent(new).strip("\n")
    lines = [0, *accumulate(map(len, source.splitlines(keepends=True)))]  # columns are bytes, too
    for (first, column, last, end), is_statement in _find(text, snippet).items():
        head, tail = source[: lines[first - 1] + column], source[lines[last - 1] + end :]
        if not (is_statement or new):
            tail = re.sub(rb"^\s*,", b"", tail)
        part = indent(new or "pass", " " * column)[column:] if is_statement else new
        result = (head + part.encode() + tail).decode()
        ast.parse(result)  # what does not even parse says nothing of what is asserted
        yield result


def _find(text: str, snippet: str) -> dict[Span, bool]:
    """Return where a snippet is (lines and columns), and whether as whole statements."""
    statements, parts = _parse(snippet)
    found: dict[Span, bool] = {}
    for node in ast.walk(ast.parse(text)):
        if any(_equal(node, part) for part in parts):
            found.setdefault(_span(node, node), False)
        for block in [block for _, block in ast.iter_fields(node) if isinstance(block, list)]:
            for i in range(len(block) - len(statements) + 1 if statements else 0):
                if all(map(_equal, block[i:], statements)):
                    found[_span(block[i], block[i + len(statements) - 1])] = True
    return found


@lru_cache
def _parse(snippet: str) -> tuple[list[ast.stmt], list[ast.AST]]:
    """Return the statements that a snippet can be, and the expression or the keyword argument."""
    statements: list[ast.stmt] = []
    parts: list[ast.AST] = []
    with suppress(SyntaxError):
        match statements := ast.parse(dedent(snippet)).body:
            case [ast.Expr(value)]:
                parts.append(value)
    with suppress(SyntaxError):
        match ast.parse(f"_({snippet})", mode="eval").body:
            case ast.Call(args=[], keywords=[keyword]):
                parts.append(keyword)
    return statements, parts


def _equal(node: Any, pattern: Any) -> bool:
    if isinstance(pattern, ast.Constant) and pattern.value is ...:
        return isinstance(node, ast.expr)
    if type(node) is not type(pattern):
        return False
    if isinstance(node, ast.AST):
        return all(_equal(getattr(node, name), getattr(pattern, name)) for name in node._fields)
    if isinstance(node, list):
        return len(node) == len(pattern) and all(map(_equal, node, pattern))
    return bool(node == pattern)


def _span(first: Any, last: Any) -> Span:
    line = min(node.lineno for node in [first, *getattr(first, "decorator_list", [])])
    return line, first.col_offset, last.end_lineno, last.end_col_offset


def _edit_text(text: str, edit: Edit) -> Iterator[str]:
    begin, end = 0, len(text)
    if "heading" in edit:
        section = rf"(?ms)^#+ +{re.escape(edit['heading'])} *$.*?(?=^#+ |\Z)"
        begin, end = found.span() if (found := re.search(section, text)) else (0, 0)
    for match in _pattern(edit["text"]).finditer(text, begin, end):
        yield text[: match.start()] + edit["new"] + text[match.end() :]


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    """Return what matches a text, whatever white space is around its signs."""
    quotes = dict.fromkeys("\"'", "[\"']")
    tokens = re.findall(r"(\w+)|([^\w\s])", text)
    parts = [rf"\b{word}\b" if word else quotes.get(sign, re.escape(sign)) for word, sign in tokens]
    begin, end = r"(?m:^)[ \t]*" * (text[0] == "\n"), r"[ \t]*(?m:$)" * (text[-1] == "\n")
    return re.compile(begin + r"\s*".join(parts) + end)
