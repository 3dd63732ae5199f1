Feature: What was accepted is done
  Once send_task has returned, the task runs to its end, at least once. The stacks of these scenarios
  bring a task whose runs are counted, and a visibility timeout of 20 seconds.

  Background:
    Given redis, worker and api of a separate stack with the testdata counted-tasks

  @A-queue
  Rule: Redis keeps its queue over a crash, a restart and a stop
    Scenario: 100 tasks are queued
      When worker is stopped
      And these tasks are sent
        | 100 of 0 seconds |
      And redis is killed
      Then redis is healthy within 15 seconds
      When redis is stopped
      And worker and redis are started
      Then all tasks have run once within 60 seconds

  @A-stop
  Rule: A worker that is stopped hands back what it cannot finish in time
    Scenario: Stopped in the middle of a short and a long task
      When these tasks are sent
        | 1 of 2 seconds                |
        | 1 that ends only after 1 stop |
      Then 2 tasks have begun within 10 seconds
      When worker is stopped
      Then each service exits gracefully
      When worker is started
      Then all tasks have run once within 60 seconds
      And task 1 has begun 1 time
      And task 2 has begun 2 times
      And the callers of all tasks get "ran"

  @A-killed
  Rule: What runs in a worker that is killed runs again within the visibility timeout and 10 seconds
    Scenario: Killed in the middle of two tasks
      When these tasks are sent
        | 2 that end only after 1 stop |
        | 2 of 0 seconds               |
      Then 2 tasks have begun within 10 seconds
      And the worker holds 2 tasks
      When worker is killed
      Then all tasks have run within 35 seconds
      And the callers of all tasks get "ran"

  @A-process
  Rule: A task whose process is killed runs again, at most 3 times more
    Scenario: Killed once, and killed each time
      When these tasks are sent
        | 1 that kills its process 1 time  |
        | 1 that kills its process 9 times |
      Then the caller of task 1 gets "ran" within 30 seconds
      And the caller of task 2 gets "WorkerLostError" within 30 seconds
      And task 2 has begun 4 times
