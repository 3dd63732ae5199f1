"""Plants known defects and checks that each violates its requirement.

Each defect is a patch beside this file: REQUIREMENT.NAME.patch. The tests of the requirement run in
a copy of the project with the patch applied. A defect is caught when a test fails, for a scenario
after its Givens. Defects in docker-compose.yml, the Dockerfile and README.md run in containers, all
others natively. The exit code is 1 unless every defect is caught.
"""

import argparse
import json
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from acceptance.drivers.git import commit_all, git
from acceptance.drivers.shell import run_command
from acceptance.drivers.workspace import Workspace
from acceptance.support.session import Session

FOLDER = Path(__file__).parent
IN_CONTAINERS = ("+++ b/docker-compose.yml", "+++ b/backend/Dockerfile", "+++ b/README.md")
TIMEOUT_SECONDS = 400


def try_defect(patch: Path, base: Path) -> tuple[str, str, float]:
    """Return the verdict on a defect, the reason, and the seconds that it took."""
    began = time.monotonic()
    requirement, _, _ = patch.name.partition(".")
    folder = shutil.copytree(base, Session.current().new_folder("mutant"), dirs_exist_ok=True)
    try:
        git(folder, "apply", "--recount", str(patch))
    except RuntimeError as error:
        return "STALE", str(error), 0
    commit_all(folder)
    containers = any(name in patch.read_text() for name in IN_CONTAINERS)
    command = [sys.executable, "-m", "pytest", "acceptance", "-m", requirement]
    command += ["--runtime", "compose" if containers else "native"]
    # below this session, whose reaper ends what a defect leaves behind
    env = {"TMPDIR": str(Session.current().new_folder("tmp"))}
    run = run_command(command, folder, timeout=TIMEOUT_SECONDS, env=env)
    last_run = folder / ".report/last-run.json"
    results = json.loads(last_run.read_text()) if last_run.exists() else []
    caught = run.exit_code == 1 and any(map(is_caught, results))
    seconds = time.monotonic() - began
    return ("caught", "", seconds) if caught else ("SURVIVED", run.output[-2000:], seconds)


def is_caught(result: dict[str, Any]) -> bool:
    """Return whether a plain test failed, or a scenario after its Givens."""
    # "native." begins the errors of dev.sh's modules, which refuse what they cannot read
    if result["outcome"] != "failed" or result["reason"].startswith("native."):
        return False
    before_first_step = "given" if ".feature" in result["location"] else "then"
    return result.get("step_type", before_first_step) != "given"


def main() -> int:
    """Try the defects that the command line selects, two at a time."""
    parser = argparse.ArgumentParser(
        "./scripts/mutants.sh",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "patterns", nargs="*", default=["*"], help="for example DoD-1-* (default: all)"
    )
    patterns = parser.parse_args().patterns
    patches = [
        p for p in sorted(FOLDER.glob("*.patch")) if any(fnmatch(p.stem, f"{x}*") for x in patterns)
    ]
    session, missed = Session.begin(), list[str]()
    base = Workspace.copy("base").path  # the project may be edited during the run
    with ThreadPoolExecutor(2) as pool:
        try:
            running = {pool.submit(try_defect, patch, base): patch.stem for patch in patches}
            for number, future in enumerate(as_completed(running), 1):
                verdict, reason, seconds = future.result()
                line = f"{verdict:<9} {running[future]}"
                print(f"{number:>3}/{len(patches)} {line} ({seconds:.0f} s)", flush=True)
                if verdict != "caught":
                    missed.append(line)
                    print(reason, flush=True)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            session.end()
    print(f"{len(patches) - len(missed)} of {len(patches)} defects caught", *missed, sep="\n")
    return 1 if missed or not patches else 0


if __name__ == "__main__":
    sys.exit(main())
