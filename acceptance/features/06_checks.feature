Feature: The checks of backend and frontend

  @DoD-4-tests @no_runtime
  Rule: In a fresh virtual environment, made as README.md says, the backend's tests pass under pytest
    Scenario: pytest, as README.md shows it
      When the README.md block with "pytest" is run
      Then the command succeeds and prints " passed in "

  @DoD-5-typecheck @no_runtime @node
  Rule: `npm run typecheck` passes, and fails on a type error
    Scenario: The typecheck, as README.md shows it
      When the README.md block with "npm run typecheck" is run
      Then the command succeeds and prints " typecheck"

    Scenario: Errors that only strict checks find, a misspelt variable, an error in Vite's configuration
      Given a workspace with type errors in the page
      When "npm run typecheck" is run in its folder frontend
      Then the command fails and prints "TS2322"
      And the command fails and prints "VITE_API_BASE_ULR"
      And the command fails and prints "vite.config.ts"

  @DoD-5-build @no_runtime @node
  Rule: `npm run build` passes
    Scenario: The build, as README.md shows it
      When the README.md block with "npm run build" is run
      Then the command succeeds and prints "built in"

  @DoD-5-lint @no_runtime @node
  Rule: `npm run lint` passes
    Scenario: The lint, as README.md shows it
      When the README.md block with "npm run lint" is run
      Then the command succeeds and prints "Found 0 warnings"
      And the command succeeds and prints "All matched files use Prettier code style"
