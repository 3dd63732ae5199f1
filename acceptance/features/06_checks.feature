Feature: The checks of backend and frontend

  @DoD-4-tests
  Rule: The backend's tests pass under pytest
    Scenario: pytest, in an environment with the packages of the lock
      When the tests of the backend are run
      Then the command succeeds and prints " passed in "

    @all
    Scenario: pytest, in a fresh virtual environment, made as README.md says
      When the README.md block with "pytest" is run
      Then the command succeeds and prints " passed in "

  @DoD-5-checks @node
  Rule: `npm run typecheck`, `lint` and `build` pass, and a type error fails
    @first
    Scenario: The checks, as README.md shows them
      When the README.md block with "npm run build" is run
      Then the command succeeds and prints " typecheck"
      And the command succeeds and prints "Found 0 warnings"
      And the command succeeds and prints "All matched files use Prettier code style"
      And the command succeeds and prints "built in"

    @all
    Scenario: Errors that only strict checks find, a misspelt variable, an error in Vite's configuration
      When "npm run typecheck" is run in a page with type errors
      Then the command fails and prints "TS2322"
      And the command fails and prints "VITE_API_BASE_ULR"
      And the command fails and prints "vite.config.ts"
