"""How .env is read: as docker compose has read the files of a table, or not at all."""

import json
import random
import re

import pytest
from envsearch import TABLE, file_of, quote
from native.variables import ComposeFileError, read_variables

ENTRIES = [
    pytest.param(entry, id=f"{about}-{number}")
    for about, entries in json.loads(TABLE.read_text()).items()
    for number, entry in enumerate(entries)
]


def read(folder, file: bytes | str, **shell: str) -> dict[str, str]:
    """Return the variables with this .env and this shell."""
    (folder / ".env").write_bytes(file if isinstance(file, bytes) else file.encode())
    return read_variables(folder / ".env", shell)


def told(folder, file: bytes | str, **shell: str) -> list[str]:
    """Return the lines in which this .env is refused."""
    with pytest.raises(ComposeFileError) as refusal:
        read(folder, file, **shell)
    return str(refusal.value).split("\n")


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_file_is_read_as_docker_compose_reads_it_or_refused(tmp_path, entry):
    file, shell = file_of(entry), entry.get("shell", {})
    if entry.get("refused"):
        for line in told(tmp_path, file, **shell):
            assert re.fullmatch(r"\.env: line \d+: .+: .+", line)
    else:
        assert read(tmp_path, file, **shell) == entry["compose"]


@pytest.mark.parametrize("is_single", [True, False])
def test_any_value_can_be_written_so_that_it_arrives(tmp_path, is_single):
    chance = random.Random(0)
    for _ in range(1000):
        values = {name: "".join(chance.choices("'\"\\$#{}= xAé💥", k=5)) for name in "ABC"}
        text = "\n".join(f"{name}={quote(value, is_single)}" for name, value in values.items())
        assert read(tmp_path, text) == values


@pytest.mark.parametrize(
    ("line", "fault", "advice"),
    [
        ("A: hunter2", "a colon", "NAME=value"),
        ("my hunter2", "no =", "# before a comment"),
        ("=hunter2", "no name", "NAME=value"),
        ("hunter2-A=hunter2", "no name of letters, digits, _ and .", "NAME=value"),
        ("A='hunter2", "no closing quote", r"\' or \""),
        ("A='hunter2\n", "no closing quote", r"\' or \""),
        ("A='hunter2'hunter2", "text behind the closing quote", r"\' or \""),
        ('A="hunter2"# hunter2', "no space", "before the #"),
        ("A=#hunter2", "begins with #", "'…'"),
        ("A=hunter2\thunter2", "no space", "'…'"),
        ("A=hunter2\u00a0", "no space", "'…'"),
        ("A=hunter2$hunter2", "a variable that is not set", "'…'"),
        ('A="${hunter2}"', "a variable that is not set", "'…'"),
        ("A=hunter2$", "$ begins no $NAME", "'…'"),
        ("A=${hunter2:?hunter2}", "$ begins no $NAME", "'…'"),
        (r'A="hunter2\hunter2"', "\\ before", r"\\"),
        ("A=hunter2\rhunter2", "a CR", "LF or CRLF"),
        ("A='hunter2\x1b'", "a control character", "remove it"),
        (b"A=hunter2\xfc", "not UTF-8", "save the file as UTF-8"),
    ],
)
def test_a_broken_line_is_told_by_its_number_and_without_its_value(tmp_path, line, fault, advice):
    broken = line if isinstance(line, bytes) else line.encode()
    [message] = told(tmp_path, b'X="one\ntwo"\r\n' + broken + b"\nY=1\n")
    assert message.startswith(".env: line 3: ")
    assert fault in message.split(": ")[2] and advice in message.split(": ", 3)[3]
    assert "hunter2" not in message


def test_utf_16_is_told_once(tmp_path):
    [line] = told(tmp_path, "A=1\r\nB=2\r\n".encode("utf-16"))
    assert line.startswith(".env: line 1: UTF-16: save it as UTF-8")


def test_all_broken_lines_are_told_at_once_and_lines_that_refer_to_them_are_not(tmp_path):
    lines = told(tmp_path, b"A='1\nB=$C\n\nC=$A$B\nhello\nD: 1\nE=\xfc\nF=$D$E\n# \xfc $\n")
    assert [line.split(": ")[1] for line in lines] == [
        f"line {number}" for number in (1, 2, 5, 6, 7, 9)
    ]


def test_no_file_and_a_folder_say_nothing(tmp_path):
    assert read_variables(tmp_path / ".env", {"A": "1"}) == {"A": "1"}
    (tmp_path / ".env").mkdir()
    assert read_variables(tmp_path / ".env", {"A": "1"}) == {"A": "1"}
