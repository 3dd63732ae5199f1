Feature: The worker
  A task goes through the broker to the worker, and its result comes back.

  @DoD-3-ping
  Rule: tasks.ping returns pong, through the broker, the worker and the result backend

    Scenario: A task is sent by its name
      Given the stack is running
      When a client sends tasks.ping and waits 10 seconds
      Then the answer is pong
      And the result of the task is kept in Redis
      And the worker's log tells of the task

    Scenario: A task is called, as the api will do it
      Given the stack is running
      When a client calls tasks.ping and waits 10 seconds
      Then the answer is pong
      And the worker's log tells of the task

  @DoD-3-command
  Rule: The worker is started by `celery -A app.worker:celery_app worker -l info`, and is small on any machine

    Scenario: Its command, and what it makes of it
      Given the stack is running
      Then the command of worker is celery -A app.worker:celery_app worker -l info
      And the worker's log says "concurrency: 2 (prefork)"

  @DoD-3-one-task
  Rule: tasks.ping is the only task

    Scenario: The tasks that the worker knows
      Given the stack is running
      Then the worker's own tasks are exactly tasks.ping

  @DoD-3-resume
  Rule: Nobody answers but the worker; it comes back from a stop, a crash, and restarts of Redis

    @slowest
    Scenario: Stopped, killed, and cut off
      Given a stack of its own with only redis, worker and api
      When worker is stopped
      And a client sends tasks.ping and waits 3 seconds
      Then it gives up without an answer
      When worker is started
      Then the worker answers pong again within 60 seconds
      When worker crashes
      Then the worker answers pong again within 60 seconds
      When redis is stopped and started 3 times while tasks are sent
      Then the worker answers pong again within 60 seconds

  @DoD-3-client
  Rule: Nobody hangs when Redis does: a client gives up, and the api goes on answering

    @slow
    Scenario: Redis is frozen
      Given a stack of its own with only redis and api
      When redis freezes
      And a client sends tasks.ping and waits 3 seconds
      Then it gives up without an answer
      When a client sends tasks.ping and wants no answer
      Then it gives up without an answer
      When GET /health is sent to the api
      Then the status code is 200
      And the answer took less than the 3 seconds of the healthcheck
