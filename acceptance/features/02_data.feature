Feature: Postgres and Redis for development
  One empty database and one broker, at known addresses on this machine alone.

  @S3-database
  Rule: The database is ia_crm, its user postgres, its password postgres

    Scenario: The right password and a wrong one
      Given the stack is running
      Then postgres accepts postgres:postgres@ia_crm
      And postgres refuses postgres:wrong@ia_crm

  @S3-ports
  Rule: Without settings, Postgres, Redis and the api stand on ports 5432, 6379 and 8000

    Scenario: The default ports
      Given the stack is running
      Then without settings its ports would be
        | postgres | 5432 |
        | redis    | 6379 |
        | api      | 8000 |

  @S3-loopback
  Rule: Nothing listens beyond this machine, for the passwords are defaults

    Scenario: The published addresses
      Given the stack is running
      Then postgres, redis and api are published on 127.0.0.1 only

  @S3-no-tables
  Rule: The skeleton brings no tables, no indexes and no migrations

    Scenario: The database is empty
      Given the stack is running
      Then the database holds no relation of its own

  @S3-broker
  Rule: Redis answers at its published port

    Scenario: PING
      Given the stack is running
      Then redis answers PING with PONG
