Feature: Everything comes back by itself

  @R-killed
  Rule: A service that is killed, or was asleep, is back within 15 seconds; committed rows are there
    Scenario: Every service is killed, then all are frozen as on a machine that sleeps
      Given a separate stack
      And the database holds a row
      When every service is killed
      Then every service is healthy within 15 seconds
      And the row is there
      And GET /health answers HTTP 200
      And a client gets pong within 15 seconds
      When every service is paused for 10 seconds
      Then a client gets pong within 15 seconds
      And every service is healthy within 15 seconds

    Scenario: The restart policies of the services that go on
      Given the stack is running
      Then the restart policies are exactly
        | unless-stopped |

  @R-redis
  Rule: The worker is back within 30 seconds after any absence of Redis, and no task is lost
    Scenario: Redis drops its connections, is killed and frozen, in the middle of tasks
      Given redis, worker and api of a separate stack with the testdata counted-tasks
      When these tasks are sent
        | 1 of 4 seconds |
      Then 1 task has begun within 30 seconds
      When redis drops its connections
      And these tasks are sent
        | 1 of 4 seconds |
      Then 2 tasks have begun within 30 seconds
      When redis is killed
      Then a client gets pong within 30 seconds
      And all tasks have run within 35 seconds
      When redis is paused for 10 seconds
      Then a client gets pong within 30 seconds

  @R-data
  Rule: The log of Postgres says when credentials differ from those of the data, and what to do
    Scenario Outline: Another <variable> than at the first start
      Given postgres of a separate stack
      When the stack is taken down
      And <variable> is set to another in .env
      And postgres begins to start again
      Then the log of postgres contains "restore it or remove the data"

      Examples:
        | variable          |
        | POSTGRES_PASSWORD |
        | POSTGRES_USER     |
        | POSTGRES_DB       |
