"""Step definitions that cannot fail, or that nobody uses."""

from pytest_bdd import then


@then("it is two")
def one():
    assert False


@then("it is two")
def two():
    assert False


@then("it returns")
def returns():
    return 1 == 2


@then("it waits for nothing")
async def not_awaited():
    assert False


@then("it looks away")
def looks_away():
    print("nothing is asserted")


@then("nobody says this")
def unused():
    assert False
