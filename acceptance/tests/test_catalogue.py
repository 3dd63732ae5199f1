"""The catalogue of planted defects fits the project: each finds the one place that it changes."""

import pytest
from mutants.edits import AnchorNotFound, load_catalogue

from acceptance.plugins.spec import known_requirements, requirement
from acceptance.support.session import ROOT


@requirement("T-catalogue")
def test_every_planted_defect_finds_its_place() -> None:
    lost = []
    for defect in load_catalogue().values():
        assert defect.violates in known_requirements(), defect.name
        try:
            defect.changes(ROOT)
        except AnchorNotFound as error:
            lost.append(str(error))
    if lost:  # an equivalent rewrite of the project must turn nothing red
        pytest.skip("planted defects that no longer find their place: " + "; ".join(lost))


@requirement("T-catalogue")
def test_every_requirement_has_a_planted_defect() -> None:
    violated = {defect.violates for defect in load_catalogue().values()}
    assert known_requirements() - violated == {"T-catalogue"}
