Feature: Every day
  A developer starts once and then edits, looks and asks all day.

  @E-watch @compose
  Rule: With --watch, an edit of the backend's source is live at once, and nothing else of it gets into the containers
    Scenario: A test, then the source
      Given a private stack that watches
      When "pass" is written to its backend/tests/test_more.py
      And "print('edited', flush=True)" is written to its backend/app/__init__.py
      Then the log of api contains "edited"
      And the log of worker contains "edited"
      And every service is healthy
      And the log of api contains "Application startup complete" 2 times
      And the files of the image are exactly
        | app               |
        | requirements.txt |
      And a client gets pong

  @E-servers @native
  Rule: The commands of README.md reach the servers without Docker
    Scenario: psql, redis-cli and a log
      Given the stack is running
      When the README.md block with "./scripts/tool.sh redis-cli ping" is run beside it
      Then the command succeeds and prints "ia_crm"
      And the command succeeds and prints "PONG"
      And the command succeeds and prints "ready."
