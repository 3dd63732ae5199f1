"""setup.sh and environment.py on machines, and in shells, where nothing is as it mostly is."""

import fcntl
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import environment
import pytest

SCRIPTS = Path(environment.__file__).parent
LOCK = "one==1\nuv==2 \\\n    --hash=sha256:00\nzoo==3\n"
HOSTILE = {
    "PYTHONHOME": "/nowhere",
    "PYTHONOPTIMIZE": "2",
    "PYTHONPATH": "/nowhere",
    "PYTHONUTF8": "0",
    "PYTHONWARNINGS": "error",
    "PYTEST_ADDOPTS": "--nonsense",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "VIRTUAL_ENV": "/nowhere",
    "CONDA_PREFIX": "/nowhere",
}
STEERING = [
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_NO_INDEX", "PIP_CONSTRAINT", "PIP_DRY_RUN"),
    *("PIP_REQUIRE_VIRTUALENV", "PIP_REPORT", "PIP_PYTHON", "PIP_LOG"),
    *("UV_PYTHON", "UV_OFFLINE", "UV_CONSTRAINT", "UV_SYSTEM_PYTHON", "UV_NO_INDEX", "UV_TARGET"),
]
PIP_CONF = """
[install]
index_url = https://me:secret@mirror.example/simple
target = /nowhere
[global]
index-url = https://other.example/simple
extra-index-url =
    https://more.example/simple
    https://most.example/simple
find-links = /nowhere {wheels}
trusted-host = mirror.example
cert = /certificate
timeout = 15.5
user = true
"""
NO_FILE = {"PIP_CONFIG_FILE": os.devnull}
# fakes: what pip does is to make uv, which is a shell script
PIP = "import os, sys; uv = os.open(sys.executable[:-6] + 'uv', os.O_CREAT | os.O_WRONLY, 0o755); os.write(uv, {!r})"
PIP_OFFLINE = """Looking in indexes: https://****@mirror.example/simple
WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by
 'NewConnectionError('<pip.HTTPConnection object at 0x7f0>: Name or service not known')': /simple/uv/
ERROR: Could not find a version that satisfies the requirement uv==2 (from versions: none)
ERROR: No matching distribution found for uv==2
[notice] A new release of pip is available""".replace("\n '", " '")
UV_OFFLINE = """Using Python 3.11.7 environment at: .venv
error: Request failed after 3 retries in 10.1s
  cause: Failed to fetch: https://mirror.example/simple/one/
  cause: client error (Connect)
  cause: Connection refused (os error 111)

hint: something else"""


@pytest.fixture
def home(monkeypatch, tmp_path):
    """Return an empty home, in an environment without settings of pip and uv."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "XDG_", "SSL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def tree(monkeypatch, tmp_path, home):
    """Return a tree that has a lock and nothing to install."""
    tree = tmp_path / "a 'tree'"
    (tree / "scripts").mkdir(parents=True)
    (tree / environment.LOCK).write_text(LOCK)
    monkeypatch.setattr(environment, "ROOT", tree)
    return tree


@pytest.fixture
def setup(monkeypatch, capsys, tree, tmp_path):
    """Return what makes the environment with such a uv or pip, and returns what it prints."""
    wheel = tmp_path / "pip.whl"
    wheel.mkdir()
    monkeypatch.setattr(environment, "pip_wheels", lambda: [wheel])
    monkeypatch.setattr(sys, "argv", ["environment.py", "make"])

    def run(uv="", pip=PIP):
        (wheel / "pip").write_text(pip.format(f"#!/bin/sh\n{uv}\n".encode()))
        refusal = ""
        try:
            environment.main()
        except SystemExit as end:
            refusal = f"{end.code}"
        printed = capsys.readouterr()
        return [*printed.err.splitlines(), *printed.out.splitlines(), *refusal.splitlines()]

    return run


@pytest.fixture
def source_setup(tree):
    """Return what sources setup.sh in the tree, then runs a script, with these variables."""
    for name in ("setup.sh", "environment.py"):
        shutil.copy(SCRIPTS / name, tree / "scripts" / name)

    def run(script, variables):
        command = [
            shutil.which("bash") or "",
            "-euo",
            "pipefail",
            "-c",
            f". scripts/setup.sh; {script}",
        ]
        return subprocess.run(
            command, cwd=tree, env=variables, capture_output=True, text=True, check=False
        )

    return run


def test_the_person_s_shell_steers_neither_python_nor_pytest(source_setup, tree, tmp_path):
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (tree / ".venv/lib" / version).mkdir(parents=True)
    (tree / ".venv/bin").mkdir()
    (tree / ".venv/bin/python").symlink_to(Path(sys.executable).resolve())
    (tree / ".venv/stamp").write_text(f"{tree}\n{LOCK}")
    (tmp_path / "elsewhere/scripts").mkdir(parents=True)
    variables = {"PATH": os.environ["PATH"], "CDPATH": f"{tmp_path}/elsewhere", **HOSTILE}
    done = source_setup("env; echo here: $PWD $venv", variables)
    assert f"here: {tree} .venv" in done.stdout, done.stderr
    steering = [line for line in done.stdout.splitlines() if line.partition("=")[0] in HOSTILE]
    assert steering == ["PYTHONUTF8=1"]


def test_where_packages_come_from_is_handed_on_and_nothing_else(monkeypatch, home, tmp_path):
    (home / ".config/pip").mkdir(parents=True)
    (home / ".config/pip/pip.conf").write_text(PIP_CONF.format(wheels=tmp_path))
    for name in STEERING:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "from.the.variable")
    monkeypatch.setenv("UV_KEYRING_PROVIDER", "subprocess")
    variables = environment.clean_environment()
    assert not variables.keys() & {*STEERING}
    assert variables["PIP_CONFIG_FILE"] == os.devnull
    assert variables["PIP_INDEX_URL"] == "https://me:secret@mirror.example/simple"
    expected = {
        "UV_DEFAULT_INDEX": "https://me:secret@mirror.example/simple",
        "UV_INDEX": "https://more.example/simple https://most.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": str(tmp_path),
        "UV_INSECURE_HOST": "from.the.variable",
        "UV_HTTP_TIMEOUT": "15",
        "UV_EXCLUDE_NEWER": "false",
        "UV_KEYRING_PROVIDER": "subprocess",
    }
    assert {name: value for name, value in variables.items() if name[:3] == "UV_"} == expected
    assert variables["SSL_CERT_FILE"] == "/certificate"


@pytest.mark.parametrize(
    ("variables", "index"),
    [
        ({"PIP_INDEX_URL": "https://pip.example"}, "https://pip.example https://pip.example"),
        ({}, "https://home.example https://home.example"),
        ({"PIP_CONFIG_FILE": "{named}"}, "https://named.example https://named.example"),
        (NO_FILE, "None None"),
        (
            NO_FILE | {"UV_DEFAULT_INDEX": "a=https://uv.example"},
            "https://uv.example a=https://uv.example",
        ),
        (NO_FILE | {"UV_INDEX_URL": "https://old.example"}, "https://old.example None"),
    ],
)
def test_each_way_to_name_a_mirror_counts(monkeypatch, home, variables, index):
    (home / ".pip").mkdir()
    (home / ".pip/pip.conf").write_text("[global]\nindex-url = https://home.example")
    named = home / "named.conf"
    named.write_text("[global]\nindex-url = https://named.example")
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(named=named))
    found = environment.clean_environment()
    assert f"{found.get('PIP_INDEX_URL')} {found.get('UV_DEFAULT_INDEX')}" == index


def test_it_is_made_once_then_brought_in_step(setup, tree):
    version = sys.version.split()[0]
    made = f"setup: making .venv with Python {version} (once, some 10 s)"
    assert setup('[ "$PWD" = / ]') == [made, ".venv"]
    assert (tree / ".venv/uv.txt").read_text() == "uv==2 \\\n    --hash=sha256:00\n"
    assert environment.is_in_step(tree / ".venv")
    (tree / ".venv/kept").touch()
    (tree / environment.LOCK).write_text(f"{LOCK}#\n")
    assert not environment.is_in_step(tree / ".venv")
    assert setup() == [f"setup: bringing .venv in step with {environment.LOCK}", ".venv"]
    assert environment.is_in_step(tree / ".venv") and (tree / ".venv/kept").exists()
    (tree / environment.LOCK).write_text(LOCK)
    (tree / ".venv/bin/python").unlink()
    (tree / ".venv/bin/python").symlink_to("/nowhere/python")  # or what this user may not execute
    assert setup() == [made, ".venv"]
    shutil.rmtree(tree / ".venv/lib")  # another Python has taken the place of its own
    assert not environment.is_in_step(tree / ".venv")


def test_a_moved_tree_is_set_up_anew(monkeypatch, setup, tree):
    [made, _] = setup()
    moved = tree.rename(tree.with_name("moved"))
    monkeypatch.setattr(environment, "ROOT", moved)
    assert not environment.is_in_step(moved / ".venv")
    assert setup() == [made, ".venv"]


def test_a_venv_that_this_user_may_not_write_is_left_alone(monkeypatch, setup, tree):
    assert setup()[-1] == ".venv"

    def access(path, mode):
        return path != tree / ".venv"

    monkeypatch.setattr(os, "access", access)
    assert setup()[-1] == ".dev/venv"


def test_a_cache_that_cannot_be_used_is_done_without(setup):
    broken = "echo 'error: Failed to initialize cache at `/root/.cache/uv`' >&2; exit 2"
    assert setup(f'[ "$8" = --no-cache ] || {{ {broken}; }}')[-1] == ".venv"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (PIP_OFFLINE, "connection broken by 'NewConnectionError('Name or service not known')'"),
        (PIP_OFFLINE, "; ERROR: No matching distribution found for uv==2: do see that the network"),
        (UV_OFFLINE, "found error: Request failed after 3 retries in 10.1s; cause: Failed to"),
        (UV_OFFLINE, "fetch: https://mirror.example/simple/one/; cause: Connection refused (os"),
        ("x\nerror: No space left on device\n", "do make room"),
        ("x\ncause: Permission denied (os error 13)", "do work in a copy of the tree"),
        ("", "found exit code 3 of /"),
    ],
)
def test_a_program_that_fails_is_one_line(setup, tree, tmp_path, output, words):
    (tmp_path / "output").write_text(output)
    fails = f"cat '{tmp_path}/output' >&2; exit 3"
    *progress, line = setup(fails)
    assert setup(fails)[-1] == line  # and is not taken for made
    assert progress == [
        f"setup: making .venv with Python {sys.version.split()[0]} (once, some 10 s)"
    ]
    assert line.startswith(f"setup: expected to fill .venv from {environment.LOCK}, found ")
    assert words in line
    assert line.endswith(", then start it again")
    assert not environment.is_in_step(tree / ".venv")


def test_the_index_that_does_not_answer_is_named_without_its_password(monkeypatch, setup):
    monkeypatch.setenv("PIP_INDEX_URL", "https://me:secret@mirror.example/simple")
    line = setup(pip="import sys; sys.exit('ERROR: No matching distribution for {}')")[-1]
    assert "the proxy and https://mirror.example/simple answer" in line


def test_what_cannot_be_written_is_one_line(setup, tree):
    (tree / ".venv").mkdir()  # somebody else's
    (tree / ".venv/pyvenv.cfg").touch()
    (tree / ".dev").touch()
    progress, line = setup()
    assert "making .dev/venv" in progress and "found [Errno 20] Not a directory: " in line
    assert [file.name for file in (tree / ".venv").iterdir()] == ["pyvenv.cfg"]
    (tree / environment.LOCK).unlink()
    [line] = setup()
    assert "found [Errno 2] No such file or directory: " in line


def test_a_configuration_of_pip_s_that_cannot_be_read_is_one_line(monkeypatch, setup, home):
    monkeypatch.setenv("PIP_CONFIG_FILE", str(home / "pip.conf"))
    (home / "pip.conf").write_text("[global\nx")
    [line] = setup()
    assert "found in pip's configuration: File contains no section headers. file: '" in line


def test_of_two_at_once_the_second_waits(setup, tree):
    second = threading.Thread(target=setup)
    with (tree / environment.LOCK).open() as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second.start()
        second.join(0.2)
        assert not (tree / ".venv").exists()
    second.join()
    assert environment.is_in_step(tree / ".venv")


@pytest.mark.parametrize(
    ("version", "wheels", "usable"),
    [((3, 11), ["pip"], "usable"), ((3, 10), ["pip"], "not usable"), ((3, 11), [], "not usable")],
)
def test_an_old_python_and_one_without_pip_are_refused(
    monkeypatch, capsys, version, wheels, usable
):
    monkeypatch.setattr(sys, "argv", ["environment.py", "usable"])
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(environment, "pip_wheels", lambda: wheels)
    environment.main()
    assert capsys.readouterr().out == f"{usable}\n"


def test_without_a_python_that_can_it_is_one_line(source_setup, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "dirname").symlink_to(shutil.which("dirname"))
    (programs / "python3").write_text("#!/bin/sh\n[ $# -gt 1 ] || echo Python 3.10\n")
    (programs / "python3").chmod(0o755)
    done = source_setup("", {"PATH": str(programs)})
    [line] = done.stderr.splitlines()
    assert done.returncode == 1 and line.startswith("Python: found Python 3.10; needed: 3.11 or")
