Feature: The health of the api

  @DoD-2-health
  Rule: GET /health answers HTTP 200 with exactly {"status":"ok"}
    Scenario: The answer
      Given the stack is running
      Then GET /health answers HTTP 200 with exactly {"status":"ok"}

  @DoD-2-liveness @first
  Rule: /health says that the api itself is alive, also when Postgres and Redis are not there
    Scenario: The api runs alone
      Given a new stack
      When api begins to start
      Then GET /health answers HTTP 200 with exactly {"status":"ok"}
