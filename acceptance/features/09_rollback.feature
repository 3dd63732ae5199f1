Feature: Stopping and removing
  Stopping keeps what you stored; removing is a choice.

  Background:
    Given a private stack

  @S9-down
  Rule: `docker compose down` keeps the data in Postgres, and every service exits gracefully on the first signal
    Scenario: The data outlives the stack
      Given the database holds a row
      When worker, api, redis and postgres are stopped
      Then each service exits gracefully
      When the stack is taken down
      And the stack is started
      Then the row is there

  @S9-down-v @compose
  Rule: `docker compose down -v` removes the data in Postgres, and everything else
    Scenario: Nothing is left
      Given the database holds a row
      When the stack is taken down with its volumes
      Then the leftovers of the stack are exactly
        | none |
      When the stack is started
      Then the row is gone
