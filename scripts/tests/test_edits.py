"""How defects are planted: an anchor follows its code, and is found exactly once or not at all."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from mutants.edits import AnchorNotFound, Defect, load_catalogue

ROOT = Path(__file__).parents[2]

COMPOSE = """
x-timing: &timing
  interval: 10s
x-backend: &backend
  depends_on: {redis: {condition: service_healthy}}
services:
  api:
    <<: *backend
    ports: ["127.0.0.1:${API_PORT:-8000}:8000"]
    healthcheck: {<<: *timing, test: [CMD, "true"]}
  worker:
    <<: *backend
    restart: "on-failure"
    healthcheck: {<<: *timing, test: [CMD, "false"]}
volumes:
  data:
"""
WORKFLOW = (
    "on:\n  pull_request:\njobs:\n  verify:\n    steps:\n    - uses: a\n    - run: ./b --strict\n"
)


def plant(root: Path, files: dict[str, str], where: str, **edit: Any) -> dict[str, str]:
    """Write files, plant a defect of one edit, and return the files that are not as before."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    Defect("defect", "T-sound", "native", ({"in": where} | edit,)).apply(root)
    now = {str(file.relative_to(root)): file.read_text() for file in root.rglob("*.*")}
    return {name: text for name, text in now.items() if files.get(name) != text}


@pytest.mark.parametrize(
    ("source", "code", "new", "expected"),
    [
        ("f(a, name='x')", 'name="x"', 'name="y"', 'f(a, name="y")'),
        ("f(\n    a,\n    name = (\n        'x'),\n)", 'name="x"', "b", "f(\n    a,\n    b,\n)"),
        ("f(a=1 , b=2)", "a=1", "", "f( b=2)"),
        ("f(a=1, b=2)", "b=2", "", "f(a=1, )"),
        ("f(a=[1, 2], b=c)", "a=...", "a=0", "f(a=0, b=c)"),
        ("a = 1", "a=1", "a = 2", "a = 2"),
        ("é = 'ü'; x = f( 'ä' )", "f('ä')", "g()", "é = 'ü'; x = g()"),
        ("if a:\n    return_(b)", "return_(b)", "c\nd", "if a:\n    c\n    d"),
        ("if a:\n    b = 1\n    c = 2", "b = 1\nc = 2", "", "if a:\n    pass"),
        ("x = 0\n@d\ndef f(): pass\n", "@d\ndef f():\n    pass", "y", "x = 0\ny\n"),
    ],
)
def test_code_is_compared_as_a_syntax_tree(
    tmp_path: Path, source: str, code: str, new: str, expected: str
) -> None:
    files = {"app/other.py": "z = 3\n", "app/routers/moved.py": source, "app/page.ts": "f(a=1)"}
    changed = plant(tmp_path, files, "app", code=code, new=new)
    assert changed == {"app/routers/moved.py": expected}


@pytest.mark.parametrize(
    ("source", "text", "new", "expected"),
    [
        ('a( "x" ,\n  b )', "a('x', b)", "c", "c"),
        ("unused used", "used", "new", "unused new"),
        ("a\\d $x", "\\d $x", "\\1", "a\\1"),
        ("lib/\n.env.local\n  .env\n", "\n.env\n", "", "lib/\n.env.local\n\n"),
    ],
)
def test_text_is_compared_without_white_space_and_quotes(
    tmp_path: Path, source: str, text: str, new: str, expected: str
) -> None:
    files = {"src/hooks/a.ts": source, "src/b.ts": "-"}
    assert plant(tmp_path, files, "src/**/*.ts", text=text, new=new) == {"src/hooks/a.ts": expected}


def test_text_below_a_heading(tmp_path: Path) -> None:
    files = {"README.md": "## Start\nrun\n## Stop\nrun\n## More\nrun\n"}
    changed = plant(tmp_path, files, "README.md", text="run", new="halt", heading="Stop")
    assert changed == {"README.md": files["README.md"].replace("Stop\nrun", "Stop\nhalt")}


@pytest.mark.parametrize(
    ("edit", "path", "expected"),
    [
        ({"path": "services.api.depends_on", "delete": True}, "services.api.depends_on", None),
        (
            {"path": "services.api.depends_on", "delete": True},
            "services.worker.depends_on.redis.condition",
            "service_healthy",
        ),
        ({"path": "services.api.healthcheck.interval", "set": "1s"}, "x-timing.interval", "10s"),
        (
            {"path": "services.*.ports.*", "old": "127.0.0.1:", "new": ""},
            "services.api.ports.0",
            "${API_PORT:-8000}:8000",
        ),
        ({"path": "services.worker.restart", "set": "no"}, "services.worker.restart", "no"),
        ({"path": "services.api.ports", "append": "1:1"}, "services.api.ports.1", "1:1"),
        ({"path": "", "append": {"name": "x"}}, "name", "x"),
    ],
)
def test_a_path_changes_one_value_and_nothing_that_shares_its_anchor(
    tmp_path: Path, edit: dict[str, Any], path: str, expected: Any
) -> None:
    [text] = plant(tmp_path, {"compose.yml": COMPOSE}, "compose.yml", **edit).values()
    value = yaml.safe_load(text)
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value.get(key)
    assert value == expected


def test_the_rest_of_a_file_stays_as_it_is(tmp_path: Path) -> None:
    where = {"path": "jobs.*.steps.*.run", "old": "--strict", "new": "--lax"}
    changed = plant(tmp_path, {"ci/verify.yml": WORKFLOW}, "ci", **where)
    expected = yaml.load(WORKFLOW.replace("strict", "lax"), yaml.BaseLoader)
    assert yaml.load(changed["ci/verify.yml"], yaml.BaseLoader) == expected
    pyproject = (ROOT / "backend/pyproject.toml").read_text()
    changed = plant(tmp_path, {"a.toml": pyproject}, "a.toml", path="project.name", set="x")
    name = tomllib.loads(pyproject)["project"]["name"]
    expected = tomllib.loads(pyproject.replace(f'name = "{name}"', 'name = "x"', 1))
    assert tomllib.loads(changed["a.toml"]) == expected


def test_every_lets_a_path_match_more_than_once(tmp_path: Path) -> None:
    edit = {"path": "services.*.depends_on.redis", "delete": True, "every": True}
    [text] = plant(tmp_path, {"compose.yml": COMPOSE}, "compose.yml", **edit).values()
    assert [s["depends_on"] for s in yaml.safe_load(text)["services"].values()] == [{}, {}]


def test_text_and_files_can_be_added(tmp_path: Path) -> None:
    assert plant(tmp_path, {"a.ts": "b\n"}, "a.ts", append="c\n") == {"a.ts": "b\nc\n"}
    assert plant(tmp_path, {}, "new/d.ts", create="e\n")["new/d.ts"] == "e\n"


@pytest.mark.parametrize(
    ("where", "edit"),
    [
        ("app", {"code": "a=1", "new": "a=2"}),
        ("app", {"code": "c=3", "new": ""}),
        ("app/a.py", {"code": "a=1", "new": "a = 1"}),
        ("app/a.py", {"code": "a=1", "new": "a="}),
        ("app", {"text": "a=1", "new": ""}),
        ("nowhere", {"text": "a", "new": "b"}),
        ("compose.yml", {"path": "services.*.depends_on", "delete": True}),
        ("compose.yml", {"path": "services.mail", "set": {}}),
        ("compose.yml", {"path": "services.api.healthcheck.interval", "set": "10s"}),
        ("app/a.py", {"create": "a = 2"}),
    ],
)
def test_an_edit_without_its_one_place_is_refused(
    tmp_path: Path, where: str, edit: dict[str, Any]
) -> None:
    files = {"app/a.py": "f(a = 1)\n", "app/b.py": "f(a=1)\n", "compose.yml": COMPOSE}
    with pytest.raises(AnchorNotFound, match=f"^defect: .* in {where}: "):
        plant(tmp_path, files, where, **edit)
    assert {name: (tmp_path / name).read_text() for name in files} == files


def test_a_defect_may_have_several_edits_of_one_file(tmp_path: Path) -> None:
    table = '[d]\nviolates = "r"\nin = "a.ts"\nnew = ""\nedits = [{ text = "a" }, { text = "b" }]'
    (tmp_path / "a.ts").write_text("a b c")
    load_catalogue(table)["d"].apply(tmp_path)
    assert (tmp_path / "a.ts").read_text() == "  c"
    with pytest.raises(ValueError, match="d: unknown key odl"):
        load_catalogue(table + "\nodl = 1")
