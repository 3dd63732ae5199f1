"""Lists the requirements with their scenarios and last result: `python -m acceptance.requirements`."""

import json
import signal
from collections import defaultdict
from datetime import datetime

from acceptance.support.checklist import load_checklist
from acceptance.support.features import read_scenarios
from acceptance.support.verdict import LAST_RUN, WORDS


def main() -> None:
    """Print every row of the checklist, its requirements, their Rules and scenarios."""
    outcomes = defaultdict(set)
    if LAST_RUN.exists():
        print(
            f"results of the run that ended at {datetime.fromtimestamp(LAST_RUN.stat().st_mtime):%Y-%m-%d %H:%M}"
        )
        for result in json.loads(LAST_RUN.read_text()):
            outcomes[result["where"]].add(result["outcome"])
    scenarios = list(read_scenarios())
    for row, facts in load_checklist().items():
        print(f"\n{row}  {facts['sentence']}")
        for identity in facts["requirements"]:
            mine = [scenario for scenario in scenarios if identity in scenario.rule_tags]
            print(f"  {identity}: {mine[0].rule}")
            for scenario in mine:
                worst = next(
                    (
                        word
                        for outcome, word in WORDS.items()
                        if outcome in outcomes[scenario.where]
                    ),
                    "not run",
                )
                print(f"    {scenario.name:<70} {worst:<18} {scenario.where}")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # whoever reads may stop
    main()
