Feature: Stopping and removing
  Stopping keeps what you stored; removing is a choice.

  @S9-down
  Rule: `docker compose down` stops everything and keeps the data in Postgres

    @slow
    Scenario: Data outlives the stack
      Given a stack of its own with only postgres
      And the database holds a row
      When the stack is taken down
      And postgres of it is started again
      Then the row is still there

    @compose
    Scenario: Nothing else is kept
      Given the stack is running
      Then its only volume is postgres-data, and no folder of this machine is in a container

  @S9-down-v @compose
  Rule: `docker compose down -v` removes the data in Postgres, and everything else

    @slow
    Scenario: Nothing is left
      Given a stack of its own with only postgres and redis
      And the database holds a row
      When the stack is taken down with its volumes
      Then nothing is left of it
      When postgres of it is started again
      Then the row is gone

  @S9-first-signal
  Rule: Every service ends on the first signal, so that stopping takes no time

    @slow
    Scenario: One after the other is asked to stop
      Given a stack of its own
      When worker, api, redis and postgres are stopped
      Then each has ended by itself
