Feature: The fences of this lot
  What holds for this lot only. Whoever adds a route, a task, a table, a service or a setting changes
  or removes its Rule here, and nothing else of the specification.

  @DoD-1-services @first
  Rule: The services are postgres, redis, api and worker; the page is not one of them
    Scenario: The services of docker-compose.yml
      Then the services of docker-compose.yml are exactly
        | api      |
        | postgres |
        | redis    |
        | worker   |

  @DoD-3-one-task
  Rule: tasks.ping is the only task
    Scenario: The tasks of the running worker
      Given the stack is running
      Then the tasks of the worker are exactly
        | tasks.ping |

  @S3-no-tables
  Rule: The database is empty: no tables, no indexes, no migrations
    Scenario: The relations of the database
      Given the stack is running
      Then the relations of the database are exactly
        | none |

  @S4-variables
  Rule: The settings are ENVIRONMENT, CORS_ORIGINS, REDIS_URL and what makes DATABASE_URL, for the api and the worker alike
    Scenario: The variables that docker-compose.yml gives them
      Then the variables of api and worker are exactly
        | CORS_ORIGINS      |
        | ENVIRONMENT       |
        | POSTGRES_ADDRESS  |
        | POSTGRES_DB       |
        | POSTGRES_PASSWORD |
        | POSTGRES_USER     |
        | REDIS_URL         |

  @S6-only-health
  Rule: The api exposes /health and nothing else
    Scenario: The routes of the api
      Given the stack is running
      Then the routes of the api are exactly
        | GET /health  |
        | HEAD /health |
      And GET / answers HTTP 404
      And GET /docs answers HTTP 404
      And GET /redoc answers HTTP 404
      And GET /openapi.json answers HTTP 404
      And POST /health answers HTTP 405

  @S6-image @compose
  Rule: The image of api and worker holds the package app and its lock, and no file of the developer
    Scenario: The folder of the service in the image
      Given the stack is running
      Then the files of the image are exactly
        | app               |
        | requirements.txt |
