"""Make .env files at random and compare how docker compose and dev.sh read them.

Each file that dev.sh does not refuse must be read as `docker compose config` reads it, and any value
can be written so that it arrives. The smallest file of which that is not so is printed.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from native.variables import ComposeFileError, read_variables

TABLE = Path(__file__).parent / "tests/env_files.json"
# what any value may hold, and what has another meaning in it or is refused
PLAIN = "x B = # é 💥 { } $$ $A ${A} ${B-y} ${B:-=}"
CHARACTERS = "1:'\"\\$\t\n[],.-+?/@\xa0\x85\u2003\u017f\u212a\ufeff\r\v"
PAIRS = r"""'' \\ \' \" \$ \n \t \x41 \101 $Aſ $B $C ${C} ${A-x} ${C:-} ${B:-$A} ${A:+x}"""
ODD = [*CHARACTERS, *PAIRS.split(), "\r\n", " #", "\n B="]
NAMES = ["A", "B", "C", "D.e", "_f", " A", "B ", "export A", "export\tB", "export", "A-b", ""]
ENDS = ["", "", "", " ", " # c", "# c", "\t# c", " \t # '", "\t"]
Values = dict[str, str]


def quote(value: str, is_single: bool = True) -> str:
    """Return how a value without control characters is written in .env so that it stays as it is."""
    # before ' and at the end of '…' an odd number of \ has another meaning
    if is_single and not re.search(r"(?<!\\)\\(\\\\)*('|\Z)", value):
        return "'" + value.replace("'", r"\'") + "'"
    return '"' + re.sub(r'[\\"$]', r"\\\g<0>", value) + '"'


def compose_reads(folder: Path, file: bytes, shell: Mapping[str, str]) -> Values | None:
    """Return the variables that docker compose has with this .env and shell; None when it refuses."""
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    words = re.findall(r"[A-Za-z_][\w.]*", file.decode("utf-8", "replace"), re.ASCII)
    service = {"image": "none", "environment": sorted({*words, *shell} - environ.keys())}
    (folder / "docker-compose.yml").write_text(json.dumps({"services": {"it": service}}))
    (folder / ".env").write_bytes(file)
    command = ["docker", "compose", "config", "--format", "json"]
    done = subprocess.run(
        command, check=False, cwd=folder, env=environ | {**shell}, capture_output=True, text=True
    )
    if done.returncode == 0:
        found = json.loads(done.stdout)["services"]["it"].get("environment", {})
        return {key: value.replace("$$", "$") for key, value in found.items() if value is not None}
    if "failed to read" in done.stderr or "setenv" in done.stderr:
        return None
    raise RuntimeError(done.stderr)


def dev_reads(folder: Path, file: bytes, shell: Mapping[str, str]) -> Values | None:
    """Return the variables that dev.sh has with this .env and shell; None when it refuses."""
    (folder / ".env").write_bytes(file)
    try:
        return read_variables(folder / ".env", shell)
    except ComposeFileError:
        return None


def file_of(entry: Mapping[str, Any]) -> bytes:
    """Return the .env file of an entry of the table."""
    return entry["file"].encode(entry.get("encoding", "utf-8"))


def record(folder: Path) -> None:
    """Write into the table what docker compose reads now."""
    table: dict[str, list[dict[str, Any]]] = json.loads(TABLE.read_text())
    lines: list[str] = []
    for about, entries in table.items():
        for entry in entries:
            entry["compose"] = compose_reads(folder, file_of(entry), entry.get("shell", {}))
        rows = ",\n".join(f"    {json.dumps(entry)}" for entry in entries)
        lines.append(f"  {json.dumps(about)}: [\n{rows}\n  ]")
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"recorded {sum(map(len, table.values()))} files")


def search(folder: Path, examples: int, start: int) -> None:
    """Raise AssertionError with the smallest file found that is read differently."""
    read = 0
    config = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=[*HealthCheck],
    )
    plain, odd = st.sampled_from([*PLAIN.split(), " "]), st.sampled_from(ODD)
    noise = st.lists(st.one_of(plain, plain, odd), max_size=6).map("".join)
    values = st.one_of(noise, noise.map("'{}'".format), noise.map('"{}"'.format))
    parts = (
        st.sampled_from(NAMES),
        st.sampled_from(["=", "=", " = ", "=\t"]),
        values,
        st.sampled_from(ENDS),
    )
    line = st.tuples(*parts).map("".join)
    lines = st.lists(st.one_of(line, line, noise), max_size=3)
    files = st.tuples(st.sampled_from(["", "\ufeff"]), st.sampled_from(["\n", "\r\n"]), lines)
    shell_value = st.sampled_from(["", "s", " $A'"])
    shells = st.fixed_dictionaries({"A": shell_value}, optional={"B": shell_value})
    printable = st.text(
        st.one_of(st.sampled_from("'\"\\$#{} =x"), st.characters(exclude_categories=["C"]))
    )

    @seed(start)
    @config
    @given(files.map(lambda parts: parts[0] + parts[1].join(parts[2])), shells)
    def is_read_alike(text: str, shell: Values) -> None:
        nonlocal read
        ours = dev_reads(folder, text.encode(), shell)
        if ours is not None:
            read += 1
            theirs = compose_reads(folder, text.encode(), shell)
            assert ours == theirs, f"{text!r}, shell {shell}: dev.sh {ours}, compose {theirs}"

    @seed(start)
    @config
    @given(st.dictionaries(st.sampled_from("ABC"), st.tuples(printable, st.booleans())))
    def arrives(written: dict[str, tuple[str, bool]]) -> None:
        text = "".join(f"{name}={quote(*how)}\n" for name, how in written.items())
        values = {name: value for name, (value, _) in written.items()}
        ours, theirs = (reads(folder, text.encode(), {}) for reads in (dev_reads, compose_reads))
        assert ours == theirs == values, f"{text!r}: dev.sh {ours}, compose {theirs}"

    is_read_alike()
    print(f"{examples} files, {read} of them not refused: all of these read alike", flush=True)
    arrives()
    print(f"{examples} files of quoted values: all arrive")


def main() -> bool:
    """Run the command line; return whether no difference was found."""
    parser = argparse.ArgumentParser("./scripts/envsearch.sh", description=__doc__)
    parser.add_argument(
        "--examples", type=int, default=3000, help="default: 3000, five to ten minutes"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(1000))
    parser.add_argument("--record", action="store_true", help=f"write {TABLE.name} anew instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if options.record:
            record(Path(name))
            return True
        print(f"seed {options.seed}", flush=True)
        try:
            search(Path(name), options.examples, options.seed)
        except AssertionError as error:
            print(error)
            return False
    return True


if __name__ == "__main__":
    sys.exit(not main())
