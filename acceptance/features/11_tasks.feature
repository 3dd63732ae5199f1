@all
Feature: What was accepted is done
  Once send_task has returned, the task runs to its end, at least once. Private stacks bring a visibility
  timeout of 10 seconds and a task that is counted. It runs for some seconds, after it has killed its
  own process some times, or its worker was stopped some times.

  Background:
    Given a private stack

  @A-queue
  Rule: Redis keeps its queue over a crash, a restart and a stop
    Scenario: 100 tasks are queued
      When worker is stopped
      And these tasks are sent
        | tasks | seconds | kills | stops |
        | 100   | 0       | 0     | 0     |
      And redis is killed
      Then redis is healthy
      When redis is stopped
      And worker and redis are started
      Then all tasks have run once

  @A-stop
  Rule: A worker that is stopped hands back what it cannot finish in time
    Scenario: Stopped in the middle of a short and a long task
      When these tasks are sent
        | tasks | seconds | kills | stops |
        | 1     | 2       | 0     | 0     |
        | 1     | 0       | 0     | 1     |
      Then 2 tasks have begun
      When worker is stopped
      Then each service exits gracefully
      When worker is started
      Then all tasks have run once
      And task 1 has begun 1 time
      And task 2 has begun 2 times
      And the callers of all tasks get "ran"

  @A-killed
  Rule: What runs in a worker that is killed runs again within the visibility timeout and 10 seconds
    Scenario: Killed in the middle of two tasks
      When these tasks are sent
        | tasks | seconds | kills | stops |
        | 2     | 0       | 0     | 1     |
        | 2     | 0       | 0     | 0     |
      Then 2 tasks have begun
      And the worker holds 2 tasks
      When worker is killed
      Then all tasks have run within 20 seconds
      And the callers of all tasks get "ran"

  @A-process
  Rule: A task whose process is killed runs again, at most 3 times more
    Scenario: Killed once, and killed each time
      When these tasks are sent
        | tasks | seconds | kills | stops |
        | 1     | 0       | 1     | 0     |
        | 1     | 0       | 9     | 0     |
      Then the callers of task 1 get "ran"
      And the callers of task 2 get "WorkerLostError"
      And task 2 has begun 4 times
