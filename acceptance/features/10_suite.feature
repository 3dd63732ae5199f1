Feature: The suite is a good guest
  It verifies on a machine on which people work: it disturbs nothing, and it leaves nothing.

  @T-isolation @compose
  Rule: What a developer runs is left exactly as it is

    Scenario: Beside a running stack, from a tree with a hostile .env
      Given a developer's own stack runs, from a tree whose .env would break every stack
      When the suite runs in that tree
      Then it is green
      And the developer's containers, networks, volumes and images are what they were

  @T-cleanup
  Rule: However a run ends, within 30 seconds nothing is left of it

    Scenario Outline: Ended by <signal>
      When the suite runs until it has started services
      And it gets <signal>
      Then within 30 seconds nothing is left of it

      Examples:
        | signal  |
        | SIGINT  |
        | SIGTERM |
        | SIGKILL |

  @T-together
  Rule: Two runs at once do not disturb each other

    Scenario: Two runs
      When the suite runs twice at the same time
      Then both are green
      And within 30 seconds nothing is left of them
