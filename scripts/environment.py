"""Make the Python environment of the scripts, or bring it in step with the lock: what setup.sh does.

`in-step FOLDER` tells the Python of that environment whether there is nothing to do, `usable` any other
Python whether it can do it, and `make` does it and prints the folder. Of the settings that the person
has for pip and uv, those count that say where packages come from, and no others.
"""

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# the rest is imported where it is needed: mostly there is nothing to do, which must take no time

ROOT = Path(__file__).resolve().parents[1]
LOCK = "scripts/requirements.txt"
# settings of pip that say where packages come from, and what uv calls each, the present name first
SOURCES: dict[str, list[str]] = {
    "index-url": ["UV_DEFAULT_INDEX", "UV_INDEX_URL"],
    "extra-index-url": ["UV_INDEX", "UV_EXTRA_INDEX_URL"],
    "find-links": ["UV_FIND_LINKS"],
    "trusted-host": ["UV_INSECURE_HOST"],
    "cert": ["SSL_CERT_FILE", "SSL_CERT_DIR"],
    "client-cert": ["SSL_CLIENT_CERT"],
    "proxy": ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"],
    "timeout": ["UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT", "HTTP_TIMEOUT"],
    "default-timeout": ["UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT", "HTTP_TIMEOUT"],
    "retries": ["UV_HTTP_RETRIES"],
    "keyring-provider": [],
    "cache-dir": [],
}
UV_SOURCES = re.compile(
    "UV_(?!NO_).*(INDEX|LINK|HOST|CERT|TLS|PROXY|TIMEOUT|RETRIES|KEYRING|CACHE_DIR|CONFIG_FILE)"
)
# of the lines that pip and uv print, those that say what failed, and those that never do
CAUSE = re.compile(r"error|fail|broken|could not|cannot|denied|no space", re.IGNORECASE)
HINT = re.compile(r"hint:|\[notice\]")
# what nobody can read, and passwords
NOISE = re.compile(
    r"Retrying \(.*?\)\) after |<[^>]* object at \w+>: | \(from versions: .*?\)|(?<=//)[^/@\s]*@"
)
ADVICE = {
    "space left|quota": "make room (some 600 MB)",
    "read-only|not permitted|denied": "work in a copy of the tree that is yours",
    "connect|fetch|resol|lookup|certificate|timed? ?out|no matching distribution": (
        "see that the network, the proxy and {index} answer"
    ),
    "encode|separator": "move the tree to a folder of another name",
    "": "see to that",
}


class Failure(Exception):
    """What a program says of its failure, in one line."""


def stamp(lock: bytes = b"") -> bytes:
    """Return what stands in an environment of ours: where it is, since it cannot be moved, and its lock."""
    return os.fsencode(ROOT) + b"\n" + lock


def is_in_step(folder: Path) -> bool:
    """Tell whether an environment, that of this very Python, holds what the lock names."""
    packages = folder / f"lib/python{sys.version_info.major}.{sys.version_info.minor}"
    made = (folder / "stamp").read_bytes()
    return made == stamp((ROOT / LOCK).read_bytes()) and packages.is_dir()


def is_usable() -> bool:
    """Tell whether this Python can make an environment."""
    from importlib.util import find_spec

    parts = find_spec("venv") and find_spec("ensurepip")
    return sys.version_info >= (3, 11) and parts is not None and any(pip_wheels())


def pip_wheels() -> list[Path]:
    """Return the wheel of the pip that this Python brings, if it does."""
    import ensurepip
    import sysconfig

    places = [sysconfig.get_config_var("WHEEL_PKG_DIR") or ".", f"{ensurepip.__path__[0]}/_bundled"]
    return [wheel for place in places for wheel in Path(place).glob("pip-*.whl")]


def choose_folder() -> Path:
    """Return where the environment belongs: in .venv, but for one that somebody else has made."""
    folder = ROOT / ".venv"
    ours = os.path.isfile(folder / "stamp") and os.access(folder, os.W_OK)
    return folder if ours or not os.path.lexists(folder) else ROOT / ".dev/venv"


def pip_settings() -> dict[str, str]:
    """Return where packages come from, as pip's files and variables say. Raises Failure."""
    import configparser

    named = os.environ.get("PIP_CONFIG_FILE", "")
    system = (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    user = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    library = "/Library/Application Support/pip/pip.conf"
    files = [*(f"{each}/pip/pip.conf" for each in system), "/etc/pip.conf", library]
    if not os.path.exists(named):
        files += ["~/.pip/pip.conf", f"{user}/pip/pip.conf", f"~{library}"]
    files += [f"{sys.base_prefix}/pip.conf", named]
    parser = configparser.RawConfigParser()
    try:
        parser.read([] if named == os.devnull else map(os.path.expanduser, files))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Failure(f"in pip's configuration: {' '.join(str(error).split())}") from error
    bundles = (os.environ.get(name, "") for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"))
    tables: list[Mapping[str, str]] = [{"cert": bundle} for bundle in bundles]
    tables += [parser[section] for section in ("global", "install") if section in parser]
    tables += [{name[4:].lower(): os.environ[name] for name in os.environ if name[:4] == "PIP_"}]
    settings = [(key.replace("_", "-"), each[key]) for each in tables for key in each]
    return {key: value for key, value in settings if key in SOURCES and value}


def for_uv(key: str, value: str) -> str:
    """Return the value of a setting of pip as uv wants it."""
    words = [os.path.expanduser(word) for word in value.split()]
    if key == "find-links":  # pip skips what is not there
        places = [word.removeprefix("file://") for word in words]
        return ",".join(each for each in places if "://" in each or os.path.exists(each))
    return value.partition(".")[0] if key.endswith("timeout") else " ".join(words)


def clean_environment() -> dict[str, str]:
    """Return the variables for pip and uv: of those that steer them, where packages come from."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if value and (not name.startswith(("PIP_", "UV_")) or UV_SOURCES.match(name))
    }
    given = set(variables)
    for key, value in pip_settings().items():
        variables[f"PIP_{key.upper().replace('-', '_')}"] = value
        if not given & set(SOURCES[key]) and (words := for_uv(key, value)):
            variables |= dict.fromkeys(SOURCES[key][:1], words)
    if index := variables.get("UV_DEFAULT_INDEX") or variables.get("UV_INDEX_URL"):
        variables.setdefault("PIP_INDEX_URL", re.sub(r"^[\w-]+=", "", index))  # without its name
    fixed = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "UV_EXCLUDE_NEWER": "false",  # which beats a uv.toml
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # as pip has it; safe, since all have a hash
    }
    return variables | fixed


def run(variables: dict[str, str], *command: str | Path) -> None:
    """Run a program in silence. Raises OSError or Failure."""
    import subprocess

    done = subprocess.run(
        [str(word) for word in command],
        cwd="/",  # where no project has settings for uv
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise Failure(summary(done.stdout) or f"exit code {done.returncode} of {command[0]}")


def summary(output: str) -> str:
    """Return what a failed program says, in one line: what failed, at which address, and why."""
    lines = [line.strip() for line in output.splitlines()]
    lines = [line for line in lines if line and not HINT.match(line)]
    first = next((i for i, line in enumerate(lines) if CAUSE.search(line)), 0)
    address = [line for line in lines[first:] if "://" in line]
    return "; ".join(dict.fromkeys([*lines[first:][:1], *address[:1], *lines[-1:]]))


def make(folder: Path, variables: dict[str, str]) -> None:
    """Make the environment, or bring the one that is there in step. Raises OSError or Failure."""
    import fcntl
    import shutil
    import venv

    lock, name = (ROOT / LOCK).read_bytes(), folder.relative_to(ROOT)
    python, uv, mark = folder / "bin/python", folder / "bin/uv", folder / "stamp"
    with (ROOT / LOCK).open("rb") as one_at_a_time:
        with suppress(OSError):  # some file systems have no locks
            fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        made = mark.read_bytes() if mark.exists() else b""
        if made.startswith(stamp()) and all(os.access(each, os.X_OK) for each in (python, uv)):
            say(f"setup: bringing {name} in step with {LOCK}")
        else:  # console scripts hold their path, so a moved one is of no use
            say(f"setup: making {name} with Python {sys.version.split()[0]} (once, some 10 s)")
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
            mark.write_bytes(stamp())  # from now on it is ours
            venv.EnvBuilder(symlinks=True).create(folder)
            # pip, run from its wheel, brings uv, which takes a tenth of the time for the rest
            wanted = re.findall(rb"^uv==.*?[^\\]\n", lock, re.MULTILINE | re.DOTALL)
            (folder / "uv.txt").write_bytes(b"".join(wanted))
            options = ("--require-hashes", "--no-deps", "-r", folder / "uv.txt")
            run(variables, python, pip_wheels()[0] / "pip", "install", *options)
        sync = (uv, "pip", "sync", "-q", "--python", python, "--require-hashes", ROOT / LOCK)
        try:
            run(variables, *sync)
        except Failure as failure:
            if "cache" not in str(failure) or str(folder) in str(failure):
                raise
            run(variables, *sync, "--no-cache")  # it is somebody else's, or its disk is full
        mark.write_bytes(stamp(lock))


def say(text: str) -> None:
    """Print a line for the person; setup.sh reads what is printed otherwise."""
    if sys.stderr:
        print(text, file=sys.stderr, flush=True)


def refusal(folder: Path, found: str, index: str) -> str:
    """Return the line that says why there is no environment, and what to do."""
    advice = next(ADVICE[words] for words in ADVICE if re.search(words, found, re.IGNORECASE))
    what = f"setup: expected to fill {folder.relative_to(ROOT)} from {LOCK}, found {found}"
    return NOISE.sub("", f"{what}: do {advice.format(index=index)}, then start it again")


def main() -> None:
    """Do what the first argument says; a failure to make the environment is one line."""
    match sys.argv[1:]:
        case ["in-step", folder]:
            sys.exit(not is_in_step(ROOT / folder))
        case ["usable"]:
            print("usable" if is_usable() else "not usable")
        case ["make"]:
            folder, variables = choose_folder(), dict[str, str]()
            try:
                variables = clean_environment()
                make(folder, variables)
            except KeyboardInterrupt:
                sys.exit(130)
            except (OSError, ValueError, Failure) as error:
                sys.exit(refusal(folder, f"{error}", variables.get("PIP_INDEX_URL", "PyPI")))
            print(folder.relative_to(ROOT))


if __name__ == "__main__":
    main()
