"""Plant known defects one by one, and check that each makes its requirement fail.

Each is planted in a copy of the tree, in which the tests of its requirement run. It is caught when
one of them fails on what it asserts: what only keeps things from starting proves nothing. Verdicts
are kept in .report/mutants.json; a defect that has one for this very tree is not tried again. The
exit code is 1 when a defect survives, else 2 when an anchor is not found.

--changed chooses what a change could affect: defects that are new, or edit a file that differs from
REV (HEAD, when it is not given); those whose requirement is named in a feature or test file that
differs; and all, when other code of the suite does. It does not know what one file of the product
means to another.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import fmean
from textwrap import indent
from typing import Any

from acceptance.drivers.git import commit_all, git
from acceptance.drivers.shell import start_process
from acceptance.drivers.verify import committed_copy
from acceptance.support.session import ROOT, Session
from mutants.edits import CATALOGUE, AnchorNotFound, Defect, load_catalogue

VERDICTS = ROOT / ".report/mutants.json"
SUITE = ("acceptance/", "scripts/requirements.")
TIMEOUT_SECONDS = 400  # for one defect
GRACE_SECONDS = 30  # in which an interrupted pytest cleans up
VERDICT_LABELS = ("caught", "SURVIVED", "not run")
ESTIMATE_SECONDS = 30  # for a defect before any has been tried

Verdict = dict[str, Any]


class Trial:
    """The tests of a requirement, as they run in a copy of the tree that has a defect."""

    def __init__(self, defect: Defect, base: Path) -> None:
        self.defect, self._began = defect, time.monotonic()
        self._folder = Session.current().new_folder("mutant")
        shutil.copytree(base, self._folder, dirs_exist_ok=True)
        defect.apply(self._folder)
        commit_all(self._folder)
        suite = [sys.executable, "-m", "pytest", "acceptance", "-n", "2", "-m", defect.violates]
        command = [*suite, "--runtime", defect.runtime]
        with self._folder.with_suffix(".log").open("w") as log:
            # below this session, whose reaper ends what a defect may leave behind
            env = {"TMPDIR": str(Session.current().new_folder("tmp"))}
            self._process = start_process(command, self._folder, env, stdout=log)

    def seconds(self) -> float:
        """Return for how long it has run."""
        return time.monotonic() - self._began

    def has_ended(self) -> bool:
        """Tell whether it has ended; one that takes too long is interrupted."""
        if self.seconds() > TIMEOUT_SECONDS:
            self.interrupt()
        return self._process.poll() is not None

    def interrupt(self) -> None:
        """Send Ctrl-C, and wait while it cleans up."""
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self._process.pid, signal.SIGINT)
            self._process.wait(GRACE_SECONDS)

    def verdict(self) -> Verdict:
        """Return whether the defect was caught, and by what."""
        last = self._folder / ".report/last-run.json"
        results = json.loads(last.read_text()) if last.exists() else []
        mine = [result for result in results if result["requirement"] == self.defect.violates]
        failed = [result for result in mine if _fails_on_an_assertion(result)]
        if self._process.returncode == 1 and failed:
            word, reason = "caught", failed[0]["reason"]
        elif {result["outcome"] for result in mine} == {"skipped"}:
            word, reason = "not run", mine[0]["reason"]
        else:
            log = self._folder.with_suffix(".log").read_text(errors="replace")
            word, reason = "SURVIVED", re.split("=+ verdict =+", log)[0].strip()[-2000:]
        return {"verdict": word, "seconds": round(self.seconds(), 1), "reason": reason}


def _fails_on_an_assertion(result: dict[str, Any]) -> bool:
    """Tell whether a scenario failed after its Givens; a plain test has no steps."""
    before_first_step = "given" if ".feature" in result["location"] else "then"
    step_type: str = result.get("step_type", before_first_step)
    return result["outcome"] == "failed" and step_type != "given"


def choose(globs: list[str], rev: str | None) -> list[Defect]:
    """Return the defects whose name or requirement matches a glob, and that a change affects."""
    defects = list(load_catalogue().values())
    named = {
        glob: [d for d in defects if fnmatchcase(d.name, glob) or fnmatchcase(d.violates, glob)]
        for glob in globs or ["*"]
    }
    if unknown := [glob for glob in named if not named[glob]]:
        sys.exit(f"no defect {unknown[0]}; --list shows them")
    chosen = [defect for defect in defects if any(defect in some for some in named.values())]
    return _affected(chosen, rev) if rev else chosen


def _affected(defects: list[Defect], rev: str) -> list[Defect]:
    differs = git(ROOT, "diff", "--name-only", "-z", rev, "--")
    untracked = git(ROOT, "ls-files", "-z", "--others", "--exclude-standard")
    changed = set(filter(None, (differs + untracked).split("\0")))
    catalogue, old = CATALOGUE.relative_to(ROOT).as_posix(), {}
    with suppress(RuntimeError):  # there was none
        old = load_catalogue(git(ROOT, "show", f"{rev}:{catalogue}"))
    suite = {name for name in changed if name.startswith(SUITE)} - {catalogue}
    tests = {n for n in suite if re.search(r"\.feature$|/test_\w+\.py$", n) and (ROOT / n).exists()}
    if suite - tests:
        return defects
    named = {word for name in tests for word in re.findall(r"[\w-]+", (ROOT / name).read_text())}

    def is_affected(defect: Defect) -> bool:
        try:
            files = {file.relative_to(ROOT).as_posix() for file in defect.changes(ROOT)}
        except AnchorNotFound:
            return True
        return old.get(defect.name) != defect or bool(files & changed) or defect.violates in named

    return list(filter(is_affected, defects))


def _keys(defects: list[Defect], base: Path) -> tuple[dict[str, str], list[str]]:
    """Return a hash of the tree with each defect in it; and why some have none."""
    listing = git(base, "ls-tree", "-r", "HEAD").splitlines()
    tree = [line for line in listing if not line.endswith(CATALOGUE.name)]
    keys, lost = {}, []
    for defect in defects:
        try:
            planted = [(str(file.relative_to(base)), t) for file, t in defect.changes(base).items()]
        except AnchorNotFound as error:
            lost.append(str(error))
        else:
            whole = repr((tree, defect.violates, defect.runtime, planted))
            keys[defect.name] = hashlib.sha256(whole.encode()).hexdigest()
    return keys, lost


def try_all(defects: list[Defect], kept: dict[str, Verdict], jobs: int, again: bool) -> int:
    """Try the defects that have no verdict for this tree, keep theirs; return the exit code."""
    base = committed_copy("base").path  # one for all: the tree may be edited meanwhile
    keys, lost = _keys(defects, base)
    found = [defect for defect in defects if defect.name in keys]
    waiting = [d for d in found if again or kept.get(d.name, {}).get("key") != keys[d.name]]
    total, running = len(waiting), list[Trial]()
    print(f"{total} of {len(defects)} to try, {_left(waiting, running, kept, jobs)}", flush=True)
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(Trial(waiting.pop(0), base))
            time.sleep(0.2)
            for trial in [trial for trial in running if trial.has_ended()]:
                running.remove(trial)
                verdict, name = trial.verdict(), trial.defect.name
                kept[name] = verdict | {"key": verdict["verdict"] != "not run" and keys[name]}
                VERDICTS.parent.mkdir(exist_ok=True)
                VERDICTS.write_text(json.dumps(kept, indent=1))
                done = f"{total - len(waiting) - len(running)}/{total}"
                left = _left(waiting, running, kept, jobs)
                print(f"{_line(trial.defect, verdict)}  {done:>7}  {left}", flush=True)
                if verdict["verdict"] != "caught":
                    print(indent(verdict["reason"], " " * 10), flush=True)
    except KeyboardInterrupt:
        print("interrupted; what has a verdict keeps it", flush=True)
        with ThreadPoolExecutor() as pool:
            list(pool.map(Trial.interrupt, running))
        return 130
    words = {
        word: [d.name for d in found if kept[d.name]["verdict"] == word] for word in VERDICT_LABELS
    }
    print(*(f"{word}: {len(words[word])}" for word in VERDICT_LABELS), sep=", ")
    for line in [*(f"survived: {name}" for name in words["SURVIVED"]), *lost]:
        print(line)
    return 1 if words["SURVIVED"] else 2 if lost else 0


def _line(defect: Defect, verdict: Verdict) -> str:
    word, seconds = verdict.get("verdict", "-"), verdict.get("seconds", 0)
    return f"{word:<9} {defect.name:<34} {defect.violates:<20} {seconds:4.0f} s"


def _left(waiting: list[Defect], running: list[Trial], kept: dict[str, Verdict], jobs: int) -> str:
    """Return how long it will take, by what each defect, or else the mean one, took before."""
    usual = fmean([verdict["seconds"] for verdict in kept.values()] or [ESTIMATE_SECONDS])
    seconds = {name: verdict["seconds"] for name, verdict in kept.items()}
    rest = sum(seconds.get(defect.name, usual) for defect in waiting)
    rest += sum(max(0, seconds.get(t.defect.name, usual) - t.seconds()) for t in running)
    return f"about {rest / jobs / 60:.1f} min left"


def main() -> int:
    """Try the defects that the command line chooses."""
    parser = argparse.ArgumentParser(
        "./scripts/mutants.sh",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="defects, requirements or globs")
    parser.add_argument("--list", action="store_true", help="show them, with their last verdicts")
    parser.add_argument("-j", type=int, default=2, metavar="N", help="at a time; default: 2")
    parser.add_argument("--again", action="store_true", help="try also what has a verdict")
    parser.add_argument("--changed", nargs="?", const="HEAD", metavar="REV", help="see above")
    options = parser.parse_args()
    defects = choose(options.names, options.changed)
    kept = json.loads(VERDICTS.read_text()) if VERDICTS.exists() else {}
    if options.list:
        print(*(_line(defect, kept.get(defect.name, {})) for defect in defects), sep="\n")
        return 0
    session = Session.begin()
    try:
        return try_all(defects, kept, options.j, options.again)
    finally:
        session.end()


if __name__ == "__main__":
    sys.exit(main())
