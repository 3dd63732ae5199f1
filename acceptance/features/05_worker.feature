Feature: The worker

  @DoD-3-ping
  Rule: tasks.ping returns pong, through the broker, the worker and the result backend
    Scenario: The api sends it by name, and calls it
      Given the stack is running
      When the api sends and calls tasks.ping
      Then the api gets "pong" 2 times
      And the result of each task is stored in Redis

  @DoD-3-command
  Rule: The worker is started by `celery -A app.worker:celery_app worker -l info`, with two processes on any machine
    Scenario: Its command and its concurrency
      Given the stack is running
      Then the command of the worker is exactly
        | celery -A app.worker:celery_app worker -l info |
      And the log of worker contains "concurrency: 2 (prefork)"
      And the log of worker does not contain "mingle"

  @DoD-3-resume @all
  Rule: Nobody answers but the worker, and it resumes
    Scenario: The worker is paused
      Given a private stack
      When worker is paused
      Then no client gets pong for 2 seconds
      When worker is unpaused
      Then a client gets pong

  @DoD-3-client @all
  Rule: A Redis that does not answer blocks nobody: a client gives up, and the api still answers
    Scenario: Redis is paused
      Given a private stack
      When redis is paused
      Then the api gives up within 4 seconds to send a task, and within 6 seconds to wait for it
      And GET /health answers HTTP 200
      When redis is unpaused
      Then a client gets pong

    Scenario: Redis is stopped
      Given a private stack
      When redis is stopped
      Then the api gives up within 4 seconds to send a task, and within 6 seconds to wait for it
