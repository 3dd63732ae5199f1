"""Every scenario of the page is a test; in a module of its own, which goes to one process with one browser."""

from pytest_bdd import scenarios

scenarios("08_page.feature")
