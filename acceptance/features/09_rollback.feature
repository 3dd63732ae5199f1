Feature: Stopping and removing
  Stopping keeps what you stored; removing is a choice.

  @S9-down
  Rule: `docker compose down` stops everything and keeps the data in Postgres
    Scenario: The data outlives the stack
      Given postgres of a separate stack
      And the database holds a row
      When the stack is taken down
      And postgres is started again
      Then the row is there

  @S9-down-v @compose
  Rule: `docker compose down -v` removes the data in Postgres, and everything else
    Scenario: Nothing is left
      Given postgres and redis of a separate stack
      And the database holds a row
      When the stack is taken down with its volumes
      Then the leftovers of the stack are exactly
        | none |
      When postgres is started again
      Then the row is gone

  @S9-first-signal
  Rule: Every service exits gracefully on the first signal, so that stopping takes no time
    Scenario: One service after the other is stopped
      Given a separate stack
      When worker, api, redis and postgres are stopped
      Then each service exits gracefully
