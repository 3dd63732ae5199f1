"""Tests the specification: plants one-line defects, each of which must turn its requirement red.

`python -m acceptance.mutants [NAME ...]`, by default all of mutants.toml; some minutes.
"""

import argparse
import json
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from acceptance.drivers.commands import run
from acceptance.drivers.suite import commit
from acceptance.drivers.tree import Tree
from acceptance.support.run import Run

CATALOGUE = Path(__file__).with_name("mutants.toml")


def try_mutant(name: str, facts: dict) -> bool:
    """Plant a defect, run the scenarios of its requirement, and say whether one of them has failed."""
    begun = time.monotonic()
    tree = Tree.copy("mutant")
    tree.plant(facts["file"], facts["old"], facts["new"])
    commit(tree)
    suite = [sys.executable, "-m", "pytest", "acceptance", "-n", "2", "-m", facts["violates"]]
    result = run([*suite, "--runtime", facts.get("runtime", "embedded")], tree.path, timeout=400)
    last = tree.path / ".report/last-run.json"
    results = json.loads(last.read_text()) if last.exists() else []
    # a defect that only keeps things from starting proves nothing about what is asserted
    failed = [
        r
        for r in results
        if r["outcome"] == "failed" and not r.get("step", "Given").startswith("Given")
    ]
    caught = result.exit_code == 1 and facts["violates"] in {r["requirement"] for r in failed}
    print(
        f"{'caught' if caught else 'SURVIVED':<9} {name:<28} {facts['violates']:<20} {time.monotonic() - begun:4.0f} s"
    )
    print(
        "          "
        + (failed[0]["reason"].splitlines()[0][:130] if caught else result.output[-2000:]),
        flush=True,
    )
    return caught


def main() -> int:
    """Try the mutants named on the command line, or all; return 1 when one survives."""
    catalogue = tomllib.loads(CATALOGUE.read_text())
    parser = argparse.ArgumentParser("python -m acceptance.mutants", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", choices=[*catalogue, []], help=", ".join(catalogue)
    )
    names = parser.parse_args().names or list(catalogue)
    whole = Run.begin()
    try:
        with ThreadPoolExecutor(2) as pool:
            caught = list(pool.map(lambda name: try_mutant(name, catalogue[name]), names))
    finally:
        whole.end()
    print(f"{sum(caught)} of {len(caught)} caught")
    return 0 if all(caught) else 1


if __name__ == "__main__":
    sys.exit(main())
