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

    @compose
    Scenario: The first start of Postgres takes 40 seconds
      When a separate stack with the testdata slow-first-start starts
      Then postgres accepts postgres:postgres@ia_crm
      And api and worker start after postgres and redis are ready

    @compose
    Scenario: The first log lines, when Redis starts 3 seconds later
      When redis and worker of a separate stack with the testdata slow-redis start
      Then worker starts after redis is ready

  @DoD-1-healthchecks
  Rule: Every healthcheck tells a working service from one that hangs, fails or is cut off
    Scenario: How often a service is asked, and what its log says of it
      Given the stack is running
      Then every healthcheck reports within 45 seconds and allows 10 minutes for a start
      And the log of api does not contain "HEAD /health"

    Scenario: Postgres, the api and the worker are paused
      Given a separate stack with the testdata frequent-healthchecks
      When postgres, api and worker are paused
      Then postgres, api and worker are unhealthy within 45 seconds
      And redis is healthy
      When postgres, api and worker are unpaused
      Then postgres, api and worker are healthy within 60 seconds

    Scenario: Redis is paused, and with it the worker that waits for it
      Given redis and worker of a separate stack with the testdata frequent-healthchecks
      When redis is paused
      Then redis and worker are unhealthy within 45 seconds
      When redis is unpaused
      Then redis and worker are healthy within 60 seconds

    Scenario: Redis answers with an error
      Given redis of a separate stack with the testdata frequent-healthchecks
      When redis demands a password
      Then redis is unhealthy within 45 seconds

    Scenario: Redis is stopped and started again
      Given redis and worker of a separate stack with the testdata frequent-healthchecks
      When redis is stopped
      Then worker is unhealthy within 60 seconds
      When redis is started
      Then redis and worker are healthy within 60 seconds
