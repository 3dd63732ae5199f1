Feature: One command starts everything
  A developer clones the project, starts it, and has Postgres, Redis, the api and the worker.

  @DoD-1-start @compose
  Rule: From a clean clone, without .env, `docker compose up --build` ends with four healthy services

    Scenario Outline: <service> is healthy by its own healthcheck
      Given the stack is running
      Then <service> is healthy

      Examples:
        | service  |
        | postgres |
        | redis    |
        | api      |
        | worker   |

  @DoD-1-services @compose
  Rule: The stack is postgres, redis, api and worker; the page is not part of it

    Scenario: The services of docker-compose.yml
      Given the stack is running
      Then its services are exactly
        | postgres |
        | redis    |
        | api      |
        | worker   |

    Scenario: The official images, by major version
      Given the stack is running
      Then postgres runs the image postgres:18
      And redis runs the image redis:8

  @DoD-1-healthchecks
  Rule: Every healthcheck tells a working service from one that hangs

    Scenario Outline: <service> freezes and recovers
      Given a stack of its own with only <services>
      When <service> freezes
      Then <service> turns unhealthy within 45 seconds
      When <service> goes on
      Then <service> is healthy again within 60 seconds

      Examples:
        | service  | services         |
        | postgres | postgres         |
        | api      | api              |
        | worker   | redis and worker |

    Scenario: redis freezes and recovers, and so does the worker that hangs on it
      Given a stack of its own with only redis and worker
      When redis freezes
      Then redis turns unhealthy within 45 seconds
      And worker turns unhealthy within 45 seconds
      When redis goes on
      Then redis is healthy again within 60 seconds
      And worker is healthy again within 60 seconds

    Scenario: redis answers, but with an error
      Given a stack of its own with only redis
      When redis demands a password
      Then redis turns unhealthy within 45 seconds

    @compose
    Scenario: postgres is not healthy while its first start goes on
      Given a copy of the project
      And the first start of postgres takes 4 seconds longer in that copy
      When only postgres of that copy runs
      And postgres connects to postgres:postgres@ia_crm
      Then the connection is to the database ia_crm

    Scenario: A worker that has lost its broker is not healthy
      Given a stack of its own with only redis and worker
      When redis is stopped
      Then worker turns unhealthy within 60 seconds
      When redis is started
      Then worker is healthy again within 60 seconds

  @DoD-1-recovery
  Rule: A worker that crashes is started again

    Scenario: The worker's processes are killed
      Given a stack of its own with only redis and worker and api
      When worker crashes
      Then the worker answers pong again within 60 seconds
