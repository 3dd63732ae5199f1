Feature: Settings by environment variables

  @S4-addresses
  Rule: DATABASE_URL and REDIS_URL of the api and the worker lead to the stack's own Postgres and Redis
    Scenario: Both services reach both
      Given the stack is running
      Then api and worker reach Redis, and Postgres with the login of the settings

  @S4-cors-local
  Rule: Without CORS_ORIGINS, in the environments local and dev, the page's two origins may call the api
    Scenario: By default
      Given the stack is running
      Then pages from these origins may call the api
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |

  @S8-env-moves
  Rule: What .env sets arrives unchanged, and everything still works
    Scenario: Database, user, password, environment, origins and every port are set
      Given a new stack with its ports and these settings in .env
        | POSTGRES_DB       | 5432 "a"/b?c#d%41é                                       |
        | POSTGRES_USER     | redis:6379 @home                                         |
        | POSTGRES_PASSWORD | " @/:#%$?[]&=+{}~`!*,;^<>%41 "\\é 8000 0.0.0.0 $$HOME "  |
        | ENVIRONMENT       | production                                               |
        | CORS_ORIGINS      | " http://localhost:8000 , https://two.example, "         |
      When the stack is started
      Then the log of postgres does not contain "does not exist"
      And api and worker reach Redis, and Postgres with the login of the settings
      And GET /health answers HTTP 200
      And pages from these origins may call the api
        | http://localhost:8000 |
        | https://two.example   |
      And pages from these origins may not call the api
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |
        | http://two.example    |
      And a client gets pong

  @S6-privileges @compose
  Rule: No container runs as root, or can gain any privilege
    Scenario: The first processes of the containers
      Given the stack is running
      Then the privileges of the containers are exactly
        | not root        |
        | capabilities 0  |
        | NoNewPrivs 1    |

  @S6-log-size @compose
  Rule: The logs of the containers cannot fill the disk
    Scenario: How much Docker keeps
      Given the stack is running
      Then the log settings of the containers are exactly
        | json-file max-file=3 max-size=10m |
