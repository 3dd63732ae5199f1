Feature: Without Docker
  ./scripts/dev.sh starts the services of docker-compose.yml, and the page, as plain processes.

  @W-dev @native @node @browser
  Rule: ./scripts/dev.sh starts everything, prints the addresses, and Ctrl-C ends all of it
    Scenario: From a clean clone to the page, and Ctrl-C
      Given nobody listens on port 5173
      When ./scripts/dev.sh starts the stack of a clean clone
      Then the api answers at the address that dev.sh prints
      When the page of dev.sh is opened at http://localhost:5173
      Then the page shows "status: ok"
      And the page has sent requests to the api of dev.sh only
      And dev.sh prints "GET /health"
      When "<!-- edited -->" is added to its frontend/index.html
      Then dev.sh prints "page reload"
      When dev.sh gets SIGINT
      Then dev.sh leaves no process
      And dev.sh ends with code 0
      And the log of postgres contains "database system is shut down"
      And the log of worker contains "Cold shutdown"

  @W-reload @native @all
  Rule: The api and the worker start again when their source is edited
    Scenario: An edit that breaks them, and one that mends them
      Given a private stack
      When "raise SystemExit(1)" is written to its backend/app/__init__.py
      Then dev.sh prints "exited with code 1"
      When "print('edited')" is written to its backend/app/__init__.py
      Then the log of worker contains "edited"
      And a client gets pong

  @W-one-file @native @all
  Rule: docker-compose.yml is its only list of services; a service that cannot run here is skipped in one line
    Scenario: A command that is changed there, a service for containers only, and one that ignores signals
      Given a new stack with the testdata changed-services
      When the stack is started
      Then redis replies 77 to CONFIG GET maxclients
      And dev.sh prints "mailpit"
      When dev.sh gets SIGINT
      Then dev.sh leaves no process within 10 seconds
      And dev.sh ends with code 0

  @W-stop @native @all
  Rule: What is stopped ends in order, whoever is connected, and goes on at the next start
    Scenario: An edit, then a stop, in the middle of two tasks
      Given a private stack
      And a client is connected to postgres
      When these tasks are sent
        | tasks | seconds | kills | stops |
        | 2     | 0       | 0     | 2     |
      Then 2 tasks have begun
      When "print('edited')" is written to its backend/app/__init__.py
      Then the log of worker contains "edited"
      And task 1 has begun 2 times
      And task 2 has begun 2 times
      When the stack is taken down
      Then the log of postgres contains "database system is shut down"
      When the stack is started
      Then all tasks have run once

  @W-killed @native @all
  Rule: Killed and started again, it is as if it had been stopped
    Scenario: dev.sh is killed while a client is connected to Postgres
      Given a private stack
      And the database holds a row
      And a client is connected to postgres
      When dev.sh gets SIGKILL
      Then dev.sh leaves no process
      And the log of postgres contains "database system is shut down"
      When the stack is started
      Then the row is there

    Scenario: dev.sh is killed while Postgres makes its database
      Given a new stack
      When postgres begins to start
      Then the log of postgres contains "making the database"
      When dev.sh gets SIGKILL
      And the stack is started
      Then postgres accepts postgres:postgres@ia_crm
