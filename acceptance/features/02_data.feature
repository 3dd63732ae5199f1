Feature: Postgres and Redis for development

  @S3-database
  Rule: The database is ia_crm, its user postgres, its password postgres
    Scenario: The right password and a wrong one
      Given the stack is running
      Then postgres accepts postgres:postgres@ia_crm
      And postgres refuses postgres:wrong@ia_crm

  @S3-ports
  Rule: Without settings, Postgres, Redis and the api are published on ports 5432, 6379 and 8000
    Scenario: The default ports
      Then the default ports include
        | postgres 5432 |
        | redis 6379    |
        | api 8000      |

  @S3-loopback
  Rule: Every port is published on 127.0.0.1 alone: the passwords are defaults
    Scenario: The addresses on which the stack listens
      Given the stack is running
      Then the addresses of the published ports are exactly
        | 127.0.0.1 |

  @S3-broker
  Rule: Redis answers on its published port
    Scenario: PING
      Given the stack is running
      Then redis replies PONG to PING
