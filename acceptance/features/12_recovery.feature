@all
Feature: Everything comes back by itself

  @R-killed
  Rule: A service that is killed, or was asleep, is back within 15 seconds; committed rows are there
    Scenario: Every service is killed, then all are frozen as on a machine that sleeps
      Given a private stack
      And the database holds a row
      When every service is killed
      Then every service is healthy within 15 seconds
      And the row is there
      And GET /health answers HTTP 200
      And a client gets pong within 15 seconds
      When every service is paused for 10 seconds
      Then a client gets pong within 15 seconds
      And the row is there
      And GET /health answers HTTP 200

    Scenario: The restart policies of the services
      Then the restart policies are exactly
        | unless-stopped |

  @R-redis
  Rule: The worker is back within 30 seconds after any absence of Redis, and no task is lost
    Scenario: Redis drops its connections, is killed and frozen, in the middle of tasks
      Given a private stack
      When these tasks are sent
        | tasks | seconds | kills | stops |
        | 1     | 4       | 0     | 0     |
      Then 1 task has begun
      When redis drops its connections
      And these tasks are sent
        | tasks | seconds | kills | stops |
        | 1     | 4       | 0     | 0     |
      Then 2 tasks have begun within 30 seconds
      When redis is killed
      Then a client gets pong within 30 seconds
      And all tasks have run within 25 seconds
      When redis is paused for 10 seconds
      Then a client gets pong within 30 seconds

  @R-data
  Rule: The log of Postgres says when credentials differ from those of the data, and what to do
    Scenario: Another password, and another database, than at the first start
      Given a private stack
      When the stack is taken down
      And POSTGRES_PASSWORD is set to another in .env
      And postgres begins to start
      Then the log of postgres contains "restore it or remove the data"
      When the stack is taken down
      And POSTGRES_DB is set to another in .env
      And postgres begins to start
      Then the log of postgres contains "restore it or remove the data"
