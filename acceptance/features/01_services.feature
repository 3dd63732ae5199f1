Feature: One command starts everything
  A developer clones the project, starts it, and has Postgres, Redis, the api and the worker.

  @DoD-1-start @compose
  Rule: From a clean clone, without .env, `docker compose up --build` ends with four healthy services

    Scenario: Each is healthy by its own healthcheck
      Given the stack is running
      Then postgres, redis, api and worker are healthy

  @DoD-1-services @compose
  Rule: The stack is postgres, redis, api and worker; the page is not part of it

    Scenario: The services of docker-compose.yml
      Given the stack is running
      Then its services are postgres, redis, api and worker
      And without settings its name is that of its folder
      And postgres runs the image postgres:18
      And redis runs the image redis:8

  @DoD-1-order
  Rule: The api and the worker start when Postgres and Redis are there, and not while Postgres prepares its first start

    Scenario: Who wrote to the log first
      Given the stack is running
      Then api and worker had nothing to say before postgres and redis were ready

    @compose @slowest
    Scenario: Who wrote to the log first, when postgres has much to prepare
      Given a copy of the project
      And the first start of postgres takes 25 seconds longer in that copy
      When that copy runs
      Then postgres accepts postgres:postgres@ia_crm
      And api and worker had nothing to say before postgres and redis were ready

    @compose
    Scenario: Who wrote to the log first, when redis takes its time
      Given a copy of the project
      And in docker-compose.yml "[redis-server, --port, "6379", --save, ""]" is replaced by "[sh, -c, sleep 3; exec redis-server --protected-mode no]"
      When only redis and worker of that copy run
      Then worker had nothing to say before redis was ready

  @DoD-1-healthchecks
  Rule: Every healthcheck tells a working service from one that hangs

    @slowest
    Scenario: postgres, api and worker freeze and recover
      Given a stack of its own
      When postgres, api and worker freeze
      Then postgres, api and worker turn unhealthy within 45 seconds
      And redis is healthy
      When postgres, api and worker go on
      Then postgres, api and worker are healthy again within 60 seconds

    @slowest
    Scenario: redis freezes and recovers, and so does the worker that hangs on it
      Given a stack of its own with only redis and worker
      When redis freezes
      Then redis and worker turn unhealthy within 45 seconds
      When redis goes on
      Then redis and worker are healthy again within 60 seconds

    @slow
    Scenario: redis answers with an error
      Given a stack of its own with only redis
      When redis demands a password
      Then redis turns unhealthy within 45 seconds

    @slowest
    Scenario: redis is not there, and comes back
      Given a stack of its own with only redis and worker
      When redis is stopped
      Then worker turns unhealthy within 60 seconds
      When redis is started
      Then redis and worker are healthy again within 60 seconds
