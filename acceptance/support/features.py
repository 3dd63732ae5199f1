"""The features as gherkin's own parser and compiler read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

FOLDER = Path(__file__).parents[1] / "features"


@dataclass(frozen=True)
class Scenario:
    """A scenario where it stands: its Rule, their tags, and the tests that it makes on one runtime."""

    feature: Path
    line: int
    name: str
    rule: str
    rule_tags: frozenset[str]
    tags: frozenset[str]
    tests: tuple[
        dict, ...
    ]  # gherkin's "pickles": one for each row of the Examples, with the values in their steps

    @property
    def where(self) -> str:
        """File and line, as editors understand them."""
        return f"acceptance/features/{self.feature.name}:{self.line}"


def read_scenarios() -> Iterator[Scenario]:
    """Every scenario of every feature, in order; those of one name are all there."""
    for path in sorted(FOLDER.glob("*.feature")):
        document = Parser().parse(path.read_text())
        pickles = Compiler().compile(document | {"uri": path.name})
        for child in document["feature"]["children"]:
            rule = child.get("rule", {"name": "", "tags": [], "children": [child]})
            for node in (inner["scenario"] for inner in rule["children"]):
                tests = tuple(pickle for pickle in pickles if pickle["astNodeIds"][0] == node["id"])
                yield Scenario(
                    path,
                    node["location"]["line"],
                    node["name"],
                    rule["name"],
                    _tags(rule),
                    _tags(node),
                    tests,
                )


def _tags(node: dict) -> frozenset[str]:
    return frozenset(tag["name"].removeprefix("@") for tag in node["tags"])
