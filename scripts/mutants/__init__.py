"""Mutation testing of the specification: known defects, each with what must fail of it."""
