"""How .env is read: as Docker Compose reads it, or not at all."""

import pytest
from native.env_file import ComposeFileError, read_env


def read(folder, file: bytes, **shell: str) -> dict[str, str]:
    (folder / ".env").write_bytes(file)
    return read_env(folder / ".env", shell)


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        (b"", {}),
        (b"\xef\xbb\xbf# x\r\n\r\n \t\nA=1\r\n", {"A": "1"}),
        (b"export A=1\n\texport\tB=2", {"A": "1", "B": "2"}),
        (b"A=\nB=''\nC=\"\"\nD= \t\n", dict.fromkeys("ABCD", "")),
        (b"A=a#b # c\nB=1 #\nC='x' # it's", {"A": "a#b", "B": "1", "C": "x"}),
        (b"A=1 2  3 \nB=it's\nC==", {"A": "1 2  3", "B": "it's", "C": "="}),
        (rb"A=C:\dev\ ", {"A": "C:\\dev\\"}),
        (b"A=' $x ${y} # \"\t'", {"A": ' $x ${y} # "\t'}),
        (rb"A='\d\\n'", {"A": r"\d\\n"}),
        (b'A=" it\'s # x "', {"A": " it's # x "}),
        (b"A=1\nA=2", {"A": "2"}),
        ("A=café 💥".encode(), {"A": "café 💥"}),
    ],
)
def test_values_arrive_unchanged(tmp_path, file, variables):
    assert read(tmp_path, file) == variables


@pytest.mark.parametrize(
    "line",
    [
        *(b"A: 1", b"A = 1", b"A= 1", b"hello", b"1A=1", b"A-B=1", b"export A", b"A=#1", b"A= # 1"),
        *(b"A=1\t# x", b"A=$B", b'A="$B"', rb'A="\n"', b"A='1", b"A='1'x", b"A='1'#x", b"A=''x''"),
        *(rb"A='it\'s'", b"A='C:\\'", b"A=1\rB=2", b"A=1\xc2\xa0", b"A=\x1b", b"A=\xe9", b"A\0=\0"),
    ],
)
def test_other_lines_are_refused(tmp_path, line):
    with pytest.raises(
        ComposeFileError, match=r"\A\.env: line 1: .+\.\n\.env: line 3: .+\.\Z"
    ) as refusal:
        read(tmp_path, b"A='s3cret\nB=1\n" + line)
    assert "s3cret" not in str(refusal.value)


def test_shell_wins_and_file_is_optional(tmp_path):
    assert read(tmp_path, b"A=file\nB=file", A="") == {"A": "", "B": "file"}
    assert read_env(tmp_path / "missing", {"A": "1"}) == {"A": "1"}
