"""The feature files as gherkin's own parser reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gherkin.parser import Parser

FOLDER = Path(__file__).parents[1] / "features"


@dataclass(frozen=True)
class Scenario:
    """A scenario where it stands: its Rule and tags, its steps, and the rows of its Examples."""

    feature: Path
    line: int
    name: str
    rule: str | None
    rule_tags: frozenset[str]
    tags: frozenset[str]
    steps: tuple[dict, ...]
    examples: tuple[dict[str, str], ...] | None  # None: not an outline

    @property
    def where(self) -> str:
        """File and line, as editors understand them."""
        return f"acceptance/features/{self.feature.name}:{self.line}"

    @property
    def tests(self) -> int:
        """How many tests it makes on one runtime."""
        return 1 if self.examples is None else len(self.examples)

    def step_texts(self, step: dict) -> list[str]:
        """The step's text, once for each row of the Examples."""
        texts = []
        for row in self.examples if self.examples is not None else ({},):
            text = step["text"]
            for name, value in row.items():
                text = text.replace(f"<{name}>", value)
            texts.append(text)
        return texts


def read_scenarios() -> Iterator[Scenario]:
    """Every scenario of every feature, in order; those of one name are all there."""
    for path in sorted(FOLDER.glob("*.feature"), key=lambda path: int(path.stem.split("_")[0])):
        feature = Parser().parse(path.read_text())["feature"]
        for child in feature["children"]:
            if "rule" in child:
                for inner in child["rule"]["children"]:
                    yield _scenario(path, inner["scenario"], child["rule"])
            else:
                yield _scenario(path, child["scenario"], None)


def _scenario(path: Path, node: dict, rule: dict | None) -> Scenario:
    examples = None
    if node["examples"] or "Outline" in node["keyword"]:
        examples = tuple(
            {head["value"]: cell["value"] for head, cell in zip(table["tableHeader"]["cells"], row["cells"])}
            for table in node["examples"] for row in table["tableBody"]
        )
    return Scenario(
        path, node["location"]["line"], node["name"], rule and rule["name"],
        _tags(rule) if rule else frozenset(), _tags(node), tuple(node["steps"]), examples,
    )


def _tags(node: dict) -> frozenset[str]:
    return frozenset(tag["name"].removeprefix("@") for tag in node["tags"])
