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
  Rule: However a run ends, within 30 seconds nothing is left of it, and a run beside it is not disturbed

    Scenario: Four runs at once, of which three are ended
      When the suite runs four times at once, until three have started services
      And these get SIGINT, SIGTERM and SIGKILL
      Then the fourth is green
      And within 30 seconds nothing is left of any
