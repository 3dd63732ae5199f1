Feature: The suite itself
  It cannot pass for nothing. On a machine on which people work, it disturbs nothing and leaves nothing.

  @T-isolation @compose
  Rule: What a developer runs is left exactly as it is

    @slowest
    Scenario: Beside a running stack and on taken ports, from a tree with a hostile .env
      Given a developer's own stack runs, from a tree whose .env would break every stack
      And the ports 5432, 6379 and 8000 are taken
      When the suite runs in that tree
      Then it is green
      And the developer's containers, networks, volumes and images are what they were

  @T-cleanup
  Rule: However a run ends, within 30 seconds nothing is left of it, and a run beside it is not disturbed

    @slow
    Scenario: Beside this run, three others are ended
      Given the stack is running
      When the suite runs three times at once, until each has started services
      And they get SIGINT, SIGTERM and SIGKILL
      Then within 30 seconds nothing is left of any
      And postgres, redis, api and worker are healthy

  @T-sound @anywhere
  Rule: The suite refuses to run when a scenario could pass without testing anything, and says where

    Scenario: One trap of each kind
      Given a copy of the project
      And its acceptance/features/13_traps.feature is
        """
        Feature: Traps
          @S3-brokers
          Rule: Its requirement is on no list
            Scenario: Twice
              Then redis answers PING with PONG
            Scenario: Twice
              Then redis answers PING with PONG
          @S3-broker
          Rule: Its requirement has another Rule
            Scenario Outline: Without rows
              Then redis answers PING with <answer>
              Examples:
                | answer |
            Scenario Outline: Rows of one name
              Then redis answers PING with <answer>
              Examples:
                | answer |
                | PONG   |
                | PANG   |
            Scenario: Nothing is asserted
              When redis demands a password
            Scenario: A step that nobody has defined
              Then redis answer PING with PONG
            Scenario: A table that nobody reads
              Then the row is still there
                | 42 |
            Scenario: A table that is not there
              Then pages from these origins may not
            Scenario: Steps that cannot fail
              Then it is two
              And it returns
              And it waits for nothing
              And it looks away
        """
      And its acceptance/steps/data.py also has
        """
        @then("it is two")
        def one():
            assert False
        @then("it is two")
        def two():
            assert False
        @then("it returns")
        def false():
            return data.OWN_RELATIONS == 0
        @then("it waits for nothing")
        async def not_awaited():
            assert False
        @then("it looks away")
        def looks_away():
            import subprocess
            subprocess.run(["redis-cli", "-p", 6379])
        @then("nobody says this")
        def unused():
            assert False
        """
      When the suite is started in that copy
      Then it refuses to run, and says
        | acceptance/features/13_traps.feature:4  | unknown tag S3-brokers                                  |
        | acceptance/features/13_traps.feature:4  | its Rule must carry one requirement                     |
        | acceptance/features/13_traps.feature:6  | two scenarios are called 'Twice'                        |
        | acceptance/requirements.toml            | S3-broker has 2 Rules                                   |
        | acceptance/features/13_traps.feature:10 | the Examples have no rows                               |
        | acceptance/features/13_traps.feature:14 | two rows of the Examples make tests of one name         |
        | acceptance/features/13_traps.feature:20 | no Then step                                            |
        | acceptance/features/13_traps.feature:22 | must match one step definition, and matches: none       |
        | acceptance/features/13_traps.feature:24 | does not take datatable                                 |
        | acceptance/features/13_traps.feature:27 | lacks the datatable                                     |
        | acceptance/features/13_traps.feature:29 | 'it is two' must match one step definition, and matches |
        | acceptance/steps/data.py                | a Then step returns a value                             |
        | acceptance/steps/data.py                | an async step is never awaited                          |
        | acceptance/steps/data.py                | a Then step asserts nothing                             |
        | acceptance/steps/data.py                | no scenario uses this step                              |
        | acceptance/steps/data.py                | steps leave subprocess to the drivers                   |
        | acceptance/steps/data.py                | steps hold no port number                               |

    Scenario: A requirement that there is not
      Given a copy of the project
      When the suite is started in that copy for DoD-9-nothing
      Then it refuses to run, and says
        | -m | no requirement DoD-9-nothing |
