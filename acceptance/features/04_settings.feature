Feature: Settings by environment variables
  Four variables steer the api and the worker; without any, local defaults hold.

  @S4-settings
  Rule: Every setting has a local default

    Scenario: Without any variable
      Given the stack is running
      Then without variables the api's settings are
        | ENVIRONMENT  | local                                                |
        | DATABASE_URL | postgresql://postgres:postgres@localhost:5432/ia_crm |
        | REDIS_URL    | redis://localhost:6379/0                             |
        | CORS_ORIGINS | []                                                   |

  @S4-variables
  Rule: The api and the worker get ENVIRONMENT, DATABASE_URL, REDIS_URL and CORS_ORIGINS, and no other setting

    Scenario: What docker-compose.yml gives them
      Given the stack is running
      Then api and worker get exactly ENVIRONMENT, DATABASE_URL, REDIS_URL and CORS_ORIGINS

    Scenario: The addresses that they get are those of the stack
      Given the stack is running
      Then the api's DATABASE_URL reaches the database ia_crm
      And the worker's DATABASE_URL reaches the database ia_crm
      And the api's REDIS_URL reaches a server that answers PING
      And the worker's REDIS_URL reaches a server that answers PING

  @S4-cors-local
  Rule: In the environments local and dev, the page's two origins may call the api; empty CORS_ORIGINS counts as none

    Scenario: By default
      Given the stack is running
      Then pages from these origins may call the api
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |

    Scenario: In the environment dev, and CORS_ORIGINS is blanks and commas
      Given an api with the settings
        | ENVIRONMENT  | dev   |
        | CORS_ORIGINS | " , " |
      Then pages from these origins may call the api
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |
      And pages from these origins may not
        | http://evil.example |

  @S4-cors-foreign
  Rule: No other origin may call the api by default

    Scenario: Strangers and look-alikes
      Given the stack is running
      Then pages from these origins may not
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
  Rule: CORS_ORIGINS, when it is set, lists exactly the origins that may call the api, in any environment

    Scenario Outline: In the environment <environment>, with blanks and a comma at the end
      Given an api with the settings
        | ENVIRONMENT  | <environment>                                      |
        | CORS_ORIGINS | " http://one.example:3000 , https://two.example, " |
      Then pages from these origins may call the api
        | http://one.example:3000 |
        | https://two.example     |
      And pages from these origins may not
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |
        | http://two.example    |

      Examples:
        | environment |
        | local       |
        | production  |

  @S4-cors-elsewhere
  Rule: In any other environment, no origin may call the api unless CORS_ORIGINS names it

    Scenario: The environment production
      Given an api with the settings
        | ENVIRONMENT | production |
      Then pages from these origins may not
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |

  @S4-bad-value
  Rule: A value that cannot be used stops the service with one line that names the variable

    Scenario: Wrong values
      Given the stack is running
      Then these are refused at the start, each in one line that begins with the variable
        | api    | CORS_ORIGINS | *                      |
        | api    | CORS_ORIGINS | http://localhost:5173/ |
        | api    | DATABASE_URL | nonsense               |
        | worker | REDIS_URL    | localhost:6379         |

    @embedded
    Scenario: dev.sh, and a wrong value in .env
      Given a copy of the project
      And its .env has "CORS_ORIGINS=*"
      When dev.sh is started in that copy with only api
      Then they fail and say "CORS_ORIGINS: "

  @S8-env-example
  Rule: .env.example names every variable that docker-compose.yml reads, with the default that an empty value has too

    Scenario: The two are in step
      Given a copy of the project
      Then .env.example has exactly the variables and defaults of docker-compose.yml

  @S8-env-moves
  Rule: What .env sets holds, ports, database, user and password; and everything still works

    @slow
    Scenario: All of it is set
      Given a stack of its own with other ports in .env, and the settings
        | POSTGRES_DB       | elsewhere |
        | POSTGRES_USER     | someone   |
        | POSTGRES_PASSWORD | 8000      |
      Then postgres accepts someone:8000@elsewhere
      And postgres refuses postgres:postgres@elsewhere
      And the api's DATABASE_URL reaches the database elsewhere
      When GET /health is sent to the api
      Then the status code is 200
      When a client sends tasks.ping and waits 10 seconds
      Then the answer is pong

    Scenario: The shell has the last word
      Given a copy of the project
      And its .env has "REDIS_PORT=1"
      When only redis of that copy runs
      Then redis answers PING with PONG

  @S6-env-file
  Rule: .env stays on the developer's machine; .env.example is what is committed

    Scenario: What git would commit
      Given a copy of the project
      Then git would commit .env.example
      And git would commit frontend/src/lib/api.ts
      And git would commit none of these
        | .env                          |
        | .env.local                    |
        | backend/.env                  |
        | frontend/.env                 |
        | frontend/.env.local           |
        | .venv/bin/python              |
        | backend/app/__pycache__/a.pyc |
        | backend/.venv/bin/python      |
        | frontend/node_modules/react   |
        | frontend/dist/index.html      |
        | .dev/data/postgres/PG_VERSION |
        | .report/html/index.html       |

    @compose
    Scenario: What is in the image
      Given the stack is running
      Then the api's image has in the service's folder only app and requirements.lock

  @S6-container-user @compose
  Rule: The api and the worker do not run as root

    Scenario: Their users
      Given the stack is running
      Then api and worker run as a user other than root
