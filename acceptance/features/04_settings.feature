Feature: Settings by environment variables

  @S4-addresses
  Rule: DATABASE_URL and REDIS_URL of the api and the worker lead to the stack's own Postgres and Redis
    Scenario: Both services reach both
      Given the stack is running
      Then api and worker reach Redis, and Postgres with a login for ia_crm

  @S4-cors-local
  Rule: Without CORS_ORIGINS, in the environments local and dev, the page's two origins may call the api
    Scenario: By default
      Given the stack is running
      Then pages from these origins may call the api
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |

  @S4-cors-foreign
  Rule: No other origin may call the api by default
    Scenario: Foreign origins and look-alikes
      Given the stack is running
      Then pages from these origins may not call the api
        | http://evil.example                |
        | http://localhost:5173.evil.example |
        | http://localhost:51730             |
        | http://localhost:5174              |
        | http://localhost                   |
        | https://localhost:5173             |
        | http://sub.localhost:5173          |
        | http://127.0.0.1:8000              |
        | http://0.0.0.0:5173                |
        | http://192.168.1.10:5173           |
        | null                               |

  @S4-cors-set
  Rule: CORS_ORIGINS, when it is set, lists exactly the origins that may call the api
    Scenario: Two origins, with blanks and a comma at the end
      Given these settings in .env
        | CORS_ORIGINS | " http://one.example:3000 , https://two.example, " |
      And api of a separate stack, healthy or not
      Then pages from these origins may call the api
        | http://one.example:3000 |
        | https://two.example     |
      And pages from these origins may not call the api
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |
        | http://two.example    |

  @S8-env-moves
  Rule: What .env sets holds, and everything still works
    @slow
    Scenario: Database, user, password, environment and every port are set
      Given these settings in .env
        | POSTGRES_DB       | elsewhere  |
        | POSTGRES_USER     | someone    |
        | POSTGRES_PASSWORD | 5432       |
        | ENVIRONMENT       | production |
      And a separate stack with its ports in .env
      Then postgres accepts someone:5432@elsewhere
      And the log of postgres does not contain "does not exist"
      And postgres refuses postgres:postgres@elsewhere
      And api and worker reach Redis, and Postgres with a login for elsewhere
      And GET /health answers HTTP 200
      And pages from these origins may not call the api
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |
      When a client sends tasks.ping and waits 10 seconds
      Then the client prints pong

    Scenario: The ports of the shell override those of .env
      Given these settings in .env
        | REDIS_PORT | 1 |
      And redis of a separate stack
      Then redis replies PONG to PING

  @S6-container-user @compose
  Rule: The api and the worker do not run as root
    Scenario: Their users
      Given the stack is running
      Then the users of api and worker are exactly
        | not root |
