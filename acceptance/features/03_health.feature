Feature: The api's health
  One endpoint says that the api is there. It is all that the api has.

  @DoD-2-health
  Rule: GET /health answers HTTP 200 with exactly {"status":"ok"}

    Scenario: The api is asked for its health
      Given the stack is running
      When GET /health is sent to the api
      Then the status code is 200
      And the body is exactly {"status":"ok"}
      And the content type is application/json

  @DoD-2-liveness
  Rule: /health says that the api itself is alive, also when Postgres and Redis are not there

    Scenario: Neither is there
      Given a copy of the project
      When the api of that copy runs alone, healthy or not
      And GET /health is sent to the api
      Then the status code is 200
      And the body is exactly {"status":"ok"}

  @S4-internal-error
  Rule: An internal error is a status other than 2xx with a short body that shows no internals; the healthcheck notices

    @slow
    Scenario: /health itself fails, but for the first time
      Given a copy of the project
      And in backend/app/main.py "    return Health()" is replaced by "    planted.pop(); return Health()"
      And its backend/app/main.py also has "planted = [1]"
      When only api of that copy runs
      Then api turns unhealthy within 45 seconds
      When GET /health is sent to the api
      Then the status code is 500
      And the body is shorter than 100 characters and does not contain pop

  @S6-only-health
  Rule: The api exposes /health and nothing else

    Scenario: Everything else is not there
      Given the stack is running
      Then the api's routes are exactly
        | GET /health |
      And the api answers these requests so
        | GET    | /             | 404 |
        | GET    | /docs         | 404 |
        | GET    | /redoc        | 404 |
        | GET    | /openapi.json | 404 |
        | GET    | /healthz      | 404 |
        | POST   | /health       | 405 |
        | PUT    | /health       | 405 |
        | DELETE | /health       | 405 |
