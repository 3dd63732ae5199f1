Feature: Postgres and Redis for development
  One empty database and one broker, at known addresses on this machine alone.

  @S3-database
  Rule: The database is called ia_crm, or as POSTGRES_DB says

    Scenario: The default database
      Given the stack is running
      When postgres connects to postgres:postgres@ia_crm
      Then the connection is to the database ia_crm

    Scenario: Another name
      Given a stack of its own with only postgres and the settings
        | POSTGRES_DB | elsewhere |
      When postgres connects to postgres:postgres@elsewhere
      Then the connection is to the database elsewhere

  @S3-credentials
  Rule: User and password are postgres, or as POSTGRES_USER and POSTGRES_PASSWORD say

    Scenario: A wrong password is refused
      Given the stack is running
      When postgres connects to postgres:wrong@ia_crm
      Then the connection is refused

    Scenario: Other credentials
      Given a stack of its own with only postgres and the settings
        | POSTGRES_USER     | someone |
        | POSTGRES_PASSWORD | s3cret  |
      When postgres connects to someone:s3cret@ia_crm
      Then the connection is to the database ia_crm
      When postgres connects to postgres:postgres@ia_crm
      Then the connection is refused

  @S3-ports
  Rule: Without settings, Postgres, Redis and the api stand on ports 5432, 6379 and 8000

    Scenario Outline: The default port of <service>
      Given the stack is running
      Then <service> would stand on port <port> without settings

      Examples:
        | service  | port |
        | postgres | 5432 |
        | redis    | 6379 |
        | api      | 8000 |

  @S3-loopback
  Rule: Nothing listens beyond this machine, for the passwords are defaults

    Scenario Outline: <service> is published on the loopback address
      Given the stack is running
      Then <service> is published on 127.0.0.1 only

      Examples:
        | service  |
        | postgres |
        | redis    |
        | api      |

  @S3-no-tables
  Rule: The skeleton brings no tables, no indexes and no migrations

    Scenario: The database is empty
      Given the stack is running
      When postgres connects to postgres:postgres@ia_crm
      Then the database holds no relation of its own

  @S3-broker
  Rule: Redis answers at its published port

    Scenario: PING
      Given the stack is running
      When redis is asked for PING
      Then the answer is PONG
