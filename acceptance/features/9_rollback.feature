Feature: Stopping and removing
  Stopping keeps what you stored; removing is a choice.

  @S9-down
  Rule: `docker compose down` stops everything and keeps the data in Postgres

    Scenario: Data outlives the stack
      Given a stack of its own with only postgres
      And the database holds a row
      When the stack is taken down and started again
      Then the row is still there

  @S9-down-v
  Rule: `docker compose down -v` removes the data in Postgres, and everything else

    Scenario: The data is gone
      Given a stack of its own with only postgres
      And the database holds a row
      When the stack is taken down with its volumes and started again
      Then the row is gone

    @compose
    Scenario: Nothing is left of the stack
      Given a stack of its own with only postgres and redis
      When the stack is taken down with its volumes
      Then the engine holds no container, network or volume of it

  @S9-first-signal
  Rule: Every service ends on the first signal, so that stopping takes no time

    Scenario: All are asked to stop
      Given a stack of its own
      When worker is stopped
      Then worker has ended by itself
      When api is stopped
      Then api has ended by itself
      When redis is stopped
      Then redis has ended by itself
      When postgres is stopped
      Then postgres has ended by itself
