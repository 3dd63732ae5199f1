Feature: The worker
  A task goes through the broker to the worker, and its result comes back.

  @DoD-3-ping
  Rule: tasks.ping returns pong, through the broker, the worker and the result backend

    Scenario: A task is sent
      Given the stack is running
      When the worker is sent tasks.ping
      Then pong comes back within 10 seconds

    Scenario: A task is called, as the api will do it
      Given the stack is running
      When the api calls tasks.ping
      Then pong comes back within 10 seconds

    Scenario: Nobody but the worker answers
      Given a stack of its own with only redis and worker and api
      When worker is stopped
      And the worker is sent tasks.ping
      Then no answer comes back within 3 seconds
      When worker is started
      Then the worker answers pong again within 60 seconds

    Scenario: The task passes through Redis and is run in another process
      Given the stack is running
      When the worker is sent tasks.ping
      Then pong comes back within 10 seconds
      And the result of the task is kept in Redis
      And the worker's log tells of the task

  @DoD-3-command
  Rule: The worker is started by `celery -A app.worker:celery_app worker -l info`

    Scenario: Its command
      Given the stack is running
      Then the command of worker is celery -A app.worker:celery_app worker -l info

  @DoD-3-one-task
  Rule: tasks.ping is the only task

    Scenario: The tasks that the worker knows
      Given the stack is running
      Then the worker's own tasks are exactly
        | tasks.ping |

  @DoD-3-resume
  Rule: The worker survives restarts of Redis, and a client never hangs

    Scenario: Redis is restarted under load
      Given a stack of its own with only redis and worker and api
      When redis is stopped and started 3 times while tasks are sent
      Then the worker answers pong again within 60 seconds

    Scenario: Redis is frozen
      Given a stack of its own with only redis and worker and api
      When redis freezes
      And the worker is sent tasks.ping
      Then no answer comes back within 3 seconds
