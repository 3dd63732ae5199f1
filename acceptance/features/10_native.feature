Feature: Without Docker
  ./scripts/dev.sh starts the services of docker-compose.yml, and the page, as plain processes.

  @W-dev @native @node @browser
  Rule: ./scripts/dev.sh starts everything, prints the addresses, and Ctrl-C ends all of it
    Scenario: From a clean clone to the page, and Ctrl-C
      Given nobody listens on port 5173
      When ./scripts/dev.sh is run in a clean clone
      Then the api answers at the address that dev.sh prints
      When the page of dev.sh is opened at http://localhost:5173
      Then the page shows "status: ok"
      And the page has sent requests to the api of dev.sh only
      And dev.sh prints "GET /health" within 5 seconds
      When "<!-- edited -->" is added to its frontend/index.html
      Then dev.sh prints "page reload" within 5 seconds
      When dev.sh gets SIGINT
      Then dev.sh ends with code 0 within 10 seconds and leaves no process
      And the log of postgres contains "database system is shut down"
      And the log of worker contains "Cold shutdown"

  @W-reload @native
  Rule: The api and the worker start again when their source is edited
    Scenario: An edit that breaks them, and one that mends them
      Given redis, worker and api of a separate stack
      When "raise SystemExit(1)" is written to its backend/app/__init__.py
      Then dev.sh prints "exited with code 1" within 15 seconds
      When "print('edited')" is written to its backend/app/__init__.py
      Then the log of worker contains "edited"
      And a client gets pong within 30 seconds

  @W-one-file @native
  Rule: docker-compose.yml is its only list of services; a service that cannot run here is skipped in one line
    Scenario: A command that is changed there, and a service for containers only
      When a separate stack with the testdata changed-services starts
      Then redis replies 77 to CONFIG GET maxclients
      And dev.sh prints "mailpit" within 5 seconds

  @W-stop @native
  Rule: What is stopped ends in order, whoever is connected, and goes on at the next start
    Scenario: A client is connected to Postgres, and a service ignores signals
      Given postgres and stubborn of a separate stack with the testdata changed-services
      And a client is connected to postgres
      When dev.sh gets SIGINT
      Then dev.sh ends with code 0 within 10 seconds and leaves no process
      And the log of postgres contains "database system is shut down"

    Scenario: An edit, then a stop, in the middle of two tasks
      Given redis, worker and api of a separate stack with the testdata counted-tasks
      When these tasks are sent
        | 2 that end only after 2 stops |
      Then 2 tasks have begun within 10 seconds
      When "print('edited')" is written to its backend/app/__init__.py
      Then the log of worker contains "edited"
      And task 1 has begun 2 times within 15 seconds
      And task 2 has begun 2 times within 15 seconds
      When the stack is taken down
      And redis and worker are started again
      Then all tasks have run once within 20 seconds

  @W-killed @native
  Rule: Killed and started again, it is as if it had been stopped
    Scenario: dev.sh is killed and started at once
      Given postgres and redis of a separate stack
      And the database holds a row
      When dev.sh gets SIGKILL
      And postgres is started again
      Then the row is there

    Scenario: dev.sh is killed while Postgres makes its database
      Given postgres of a separate stack begins to start
      Then the log of postgres contains "making the database"
      When dev.sh gets SIGKILL
      And postgres is started again
      Then postgres accepts postgres:postgres@ia_crm

    Scenario: dev.sh is killed while a client is connected to Postgres
      Given postgres and redis of a separate stack
      And a client is connected to postgres
      When dev.sh gets SIGKILL
      Then dev.sh ends with code -9 within 10 seconds and leaves no process
      And the log of postgres contains "database system is shut down"
