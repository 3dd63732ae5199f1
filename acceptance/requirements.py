"""Lists the requirements with their scenarios and last result: `python -m acceptance.requirements`."""

import json
from collections import defaultdict

from acceptance.support.checklist import load_checklist
from acceptance.support.features import read_scenarios
from acceptance.support.verdict import LAST_RUN, WORDS


def main() -> None:
    """Print every row of the checklist, its requirements, their Rules and scenarios."""
    results = json.loads(LAST_RUN.read_text()) if LAST_RUN.exists() else []
    outcomes = defaultdict(set)
    for result in results:
        outcomes[result["where"].removeprefix("acceptance/")].add(result["outcome"])
    scenarios = defaultdict(list)
    for scenario in read_scenarios():
        for tag in scenario.rule_tags:
            scenarios[tag].append(scenario)
    for row, facts in load_checklist().items():
        print(f"\n{row}  {facts['sentence']}")
        for identity in facts["requirements"]:
            print(f"  {identity}: {scenarios[identity][0].rule}")
            for scenario in scenarios[identity]:
                seen = outcomes[scenario.where.removeprefix("acceptance/")]
                worst = next((word for outcome, word in (("failed", WORDS["failed"]), ("skipped", WORDS["skipped"]),
                                                        ("passed", WORDS["passed"])) if outcome in seen), "not run")
                print(f"    {scenario.name:<70} {worst:<18} {scenario.where}")


if __name__ == "__main__":
    main()
