Feature: The worker

  @DoD-3-ping
  Rule: tasks.ping returns pong, through the broker, the worker and the result backend
    Scenario Outline: A client <how> it
      Given the stack is running
      When a client <how> tasks.ping and waits 10 seconds
      Then the client prints pong
      And the result of the task is stored in Redis
      And the log of worker contains the task

      Examples:
        | how   |
        | sends |
        | calls |

  @DoD-3-command
  Rule: The worker is started by `celery -A app.worker:celery_app worker -l info`, with two processes on any machine
    Scenario: Its command and its concurrency
      Given the stack is running
      Then the command of the worker is exactly
        | celery -A app.worker:celery_app worker -l info |
      And the log of worker contains "concurrency: 2 (prefork)"
      And the log of worker does not contain "mingle"

  @DoD-3-resume
  Rule: Nobody answers but the worker; it comes back from a stop
    Scenario: The worker is stopped and started
      Given redis, worker and api of a separate stack
      When worker is stopped
      And a client sends tasks.ping and waits 3 seconds
      Then the client gives up within 6 seconds
      When worker is started
      Then a client gets pong within 15 seconds

  @DoD-3-client
  Rule: A Redis that does not answer blocks nobody: a client gives up, and the api still answers
    Scenario: Redis is paused, and stopped
      Given redis and api of a separate stack
      When redis is paused
      And a client sends tasks.ping and waits 5 seconds
      Then the client gives up within 6 seconds
      When a client sends without waiting tasks.ping and waits 0 seconds
      Then the client gives up within 4 seconds
      And GET /health answers HTTP 200
      When redis is unpaused
      And redis is stopped
      And a client sends tasks.ping and waits 5 seconds
      Then the client gives up within 6 seconds
