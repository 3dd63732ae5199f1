Feature: One command starts everything

  @DoD-1-start @compose
  Rule: From a clean clone, without .env, `docker compose up --build` starts every service, and each becomes healthy
    Scenario: The health of each service, by its own healthcheck
      Given the stack is running
      Then every service is healthy

  @DoD-1-order
  Rule: The api and the worker start when Postgres and Redis are ready, and not while Postgres prepares its first start
    Scenario: The first log lines
      Given the stack is running
      Then api and worker start after postgres and redis are ready

    @compose @all
    Scenario: Postgres and Redis start slowly
      Given a new stack with the testdata slow-start
      When the stack is started
      Then postgres accepts postgres:postgres@ia_crm
      And api and worker start after postgres and redis are ready

  @DoD-1-healthchecks
  Rule: Every healthcheck tells a working service from one that hangs, fails or is cut off
    Scenario: How often a service is asked
      Then every healthcheck reports after at most 45 seconds and allows 10 minutes for a start

    Scenario: Postgres, Redis and the api are paused, and then Redis and the api answer with errors
      Given a new stack with the testdata frequent-healthchecks
      When the stack is started
      And postgres, redis and api are paused
      Then every service is unhealthy
      When postgres, redis and api are unpaused
      Then every service is healthy
      And the log of api does not contain "HEAD /health"
      When redis demands a password
      Then redis is unhealthy
      And GET /break answers HTTP 200
      And api is unhealthy
