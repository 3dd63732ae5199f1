Feature: The health of the api

  @DoD-2-health
  Rule: GET /health answers HTTP 200 with exactly {"status":"ok"}
    Scenario: The answer
      Given the stack is running
      Then GET /health answers HTTP 200 with exactly {"status":"ok"}

  @DoD-2-liveness
  Rule: /health says that the api itself is alive, also when Postgres and Redis are not there
    Scenario: The api runs alone
      Given api of a separate stack, healthy or not
      Then GET /health answers HTTP 200 with exactly {"status":"ok"}

  @S4-unhealthy
  Rule: When /health answers with an error, the api is unhealthy
    Scenario: An api whose /health fails from the second time on
      Given api of a separate stack with the testdata failing-health
      Then api is unhealthy within 45 seconds
      And GET /health answers HTTP 500
