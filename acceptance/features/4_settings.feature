Feature: Settings by environment variables
  Four variables steer the api and the worker; without any, local defaults hold.

  @S4-settings
  Rule: Every setting has a local default

    Scenario Outline: The default of <variable>
      Given the stack is running
      Then without the variable <variable> its setting in the api is <default>

      Examples:
        | variable     | default                                              |
        | ENVIRONMENT  | local                                                |
        | DATABASE_URL | postgresql://postgres:postgres@localhost:5432/ia_crm |
        | REDIS_URL    | redis://localhost:6379/0                             |
        | CORS_ORIGINS | []                                                   |

  @S4-variables
  Rule: The api and the worker get ENVIRONMENT, DATABASE_URL, REDIS_URL and CORS_ORIGINS, and no other setting

    Scenario Outline: The variables of <service>
      Given the stack is running
      Then docker-compose.yml gives <service> exactly the variables
        | CORS_ORIGINS |
        | DATABASE_URL |
        | ENVIRONMENT  |
        | REDIS_URL    |

      Examples:
        | service |
        | api     |
        | worker  |

    Scenario: The addresses that they get are those of the stack
      Given the stack is running
      Then the api's DATABASE_URL reaches the database ia_crm
      And the api's REDIS_URL reaches a server that answers PONG

  @S4-cors-local
  Rule: In the environments local and dev, the page's two origins may call the api

    Scenario Outline: <origin> by default
      Given the stack is running
      When a page from <origin> asks for /health
      Then the browser lets it read the answer
      When a page from <origin> sends a preflight for /health
      Then the browser lets it read the answer

      Examples:
        | origin                |
        | http://localhost:5173 |
        | http://127.0.0.1:5173 |

    Scenario: The environment dev
      Given an api with the settings
        | ENVIRONMENT | dev |
      When a page from http://localhost:5173 asks for /health
      Then the browser lets it read the answer
      When a page from http://127.0.0.1:5173 asks for /health
      Then the browser lets it read the answer
      When a page from http://evil.example asks for /health
      Then the browser keeps the answer from it

  @S4-cors-foreign
  Rule: No other origin may call the api by default

    Scenario Outline: <origin> is kept out
      Given the stack is running
      When a page from <origin> asks for /health
      Then the browser keeps the answer from it
      When a page from <origin> sends a preflight for /health
      Then the browser keeps the answer from it

      Examples:
        | origin                             |
        | http://evil.example                |
        | http://localhost:5173.evil.example |
        | http://localhost:51730             |
        | http://localhost:5174              |
        | http://localhost                   |
        | https://localhost:5173             |
        | http://sub.localhost:5173          |
        | http://127.0.0.1:8000              |
        | null                               |

  @S4-cors-set
  Rule: CORS_ORIGINS, when it is set, lists exactly the origins that may call the api

    Scenario: Two origins, with blanks and a comma at the end
      Given an api with the settings
        | CORS_ORIGINS | " http://one.example:3000 , https://two.example, " |
      When a page from http://one.example:3000 asks for /health
      Then the browser lets it read the answer
      When a page from https://two.example asks for /health
      Then the browser lets it read the answer
      When a page from http://localhost:5173 asks for /health
      Then the browser keeps the answer from it
      When a page from http://127.0.0.1:5173 asks for /health
      Then the browser keeps the answer from it
      When a page from http://two.example asks for /health
      Then the browser keeps the answer from it

    Scenario: In any environment
      Given an api with the settings
        | ENVIRONMENT  | production          |
        | CORS_ORIGINS | https://app.example |
      When a page from https://app.example asks for /health
      Then the browser lets it read the answer
      When a page from http://localhost:5173 asks for /health
      Then the browser keeps the answer from it

  @S4-cors-empty
  Rule: An empty CORS_ORIGINS counts as not set

    Scenario: Blanks and commas name no origin
      Given an api with the settings
        | CORS_ORIGINS | " , " |
      When a page from http://localhost:5173 asks for /health
      Then the browser lets it read the answer
      When a page from http://evil.example asks for /health
      Then the browser keeps the answer from it

  @S4-cors-elsewhere
  Rule: In any other environment, no origin may call the api unless CORS_ORIGINS names it

    Scenario: The environment production
      Given an api with the settings
        | ENVIRONMENT | production |
      When a page from http://localhost:5173 asks for /health
      Then the browser keeps the answer from it
      When a page from http://127.0.0.1:5173 asks for /health
      Then the browser keeps the answer from it

  @S4-bad-value
  Rule: A value that cannot be used stops the service with one line that names the variable

    Scenario Outline: <variable>=<value>
      Given the stack is running
      When the api's settings are read with <variable> set to <value>
      Then they are refused in one line that begins with <variable>

      Examples:
        | variable     | value                  |
        | CORS_ORIGINS | *                      |
        | CORS_ORIGINS | http://localhost:5173/ |
        | REDIS_URL    | localhost:6379         |
        | DATABASE_URL | nonsense               |

  @S8-env-example
  Rule: .env.example names every variable that docker-compose.yml reads, with the same default

    Scenario: The two are in step
      Given a copy of the project
      Then .env.example has exactly the variables of docker-compose.yml
      And each default in .env.example is the one in docker-compose.yml

  @S8-env-moves
  Rule: POSTGRES_PORT, REDIS_PORT and API_PORT in .env move the ports, and everything still works

    Scenario: All three are moved
      Given a stack of its own with other ports in .env
      When GET /health is sent to the api
      Then the status code is 200
      When the worker is sent tasks.ping
      Then pong comes back within 10 seconds
      When postgres connects to postgres:postgres@ia_crm
      Then the connection is to the database ia_crm

  @S6-env-file
  Rule: .env stays on the developer's machine; .env.example is what is committed

    Scenario: What git would commit
      Given a copy of the project
      Then git would commit .env.example
      And git would not commit .env
      And git would not commit frontend/.env.local

  @S6-container-user @compose
  Rule: The api and the worker do not run as root

    Scenario Outline: The user of <service>
      Given the stack is running
      Then <service> runs as a user other than root

      Examples:
        | service |
        | api     |
        | worker  |
