"""Every scenario of features/ is a test, but for those of the page."""

from pathlib import Path

from pytest_bdd import scenarios

scenarios(
    *(
        path.name
        for path in Path(__file__).parent.glob("features/*.feature")
        if path.name != "08_page.feature"
    )
)
