Feature: The checks of backend and frontend
  What a CI runs passes on a clean copy, and fails when something is wrong.

  @DoD-4-tests @anywhere
  Rule: In a fresh virtual environment, made as the README says, the backend's tests pass under pytest

    @slowest
    Scenario: pytest, as the README shows it
      When the README's commands around "pytest" are run
      Then they succeed and say "passed"
      And no line says "skipped"
      And what the api and the worker are started with is there: uvicorn, celery and redis

    Scenario: Each part of the backend behaves otherwise, and its own test fails
      Given a copy of the project
      And in backend/app/main.py "Literal["ok"] = "ok"" is replaced by "Literal["OK"] = "OK""
      And in backend/app/settings.py "5173", "http" is replaced by "5174", "http"
      And in backend/app/worker.py ""tasks.ping"" is replaced by ""tasks.pong""
      When the backend's tests run in that copy
      Then they fail and say "FAILED tests/test_health.py::test_health_answers_ok"
      And they fail and say "FAILED tests/test_settings.py::test_cors_rules"
      And they fail and say "FAILED tests/test_worker.py::test_ping"

  @DoD-4-locks
  Rule: The locks hold what backend/pyproject.toml asks for, and agree with each other; the image holds what its lock says

    @anywhere
    Scenario: The versions in the locks
      Given a copy of the project
      Then backend/requirements.lock and scripts/requirements.lock pin what backend/pyproject.toml asks for, alike

    @compose
    Scenario: What is installed in the image
      Given the stack is running
      Then all packages beside pip in the api's image are from backend/requirements.lock

  @DoD-5-typecheck @anywhere @node
  Rule: `npm run typecheck` passes, and fails on a type error

    Scenario: The typecheck, as the README shows it
      When the README's commands around "npm run typecheck" are run
      Then they succeed and say "tsc -b"

    Scenario: A type error that only strict checks find, a misspelt variable, and an error in Vite's configuration
      Given a copy of the project with the frontend installed
      And its frontend/src/main.tsx also has "export const wrong: string = null;"
      And its frontend/src/main.tsx also has "export const misspelt = import.meta.env.VITE_API_BASE_ULR;"
      And its frontend/vite.config.ts also has "export const port: number = '5173';"
      When "npm run typecheck" is run in the frontend of that copy
      Then they fail and say "TS2322"
      And they fail and say "VITE_API_BASE_ULR"
      And they fail and say "vite.config.ts"

  @DoD-5-build @anywhere @node
  Rule: `npm run build` passes, and fails on a type error and when a module is missing

    Scenario: The build, as the README shows it
      When the README's commands around "npm run build" are run
      Then they succeed and say "built in"

    Scenario: A missing style sheet, and a type error
      Given a copy of the project with the frontend installed
      And its frontend/src/main.tsx also has "import './missing.css';"
      When "npm run build" is run in the frontend of that copy
      Then they fail and say "missing.css"
      Given in frontend/src/main.tsx "import './missing.css';" is replaced by "export const wrong: string = null;"
      When "npm run build" is run in the frontend of that copy
      Then they fail and say "TS2322"

  @DoD-5-lint @anywhere @node
  Rule: `npm run lint` passes, and fails on what the compiler does not see

    Scenario: The page is clean, until a debugger statement is added
      Given a copy of the project with the frontend installed
      When "npm run lint" is run in the frontend of that copy
      Then they succeed and say "Found 0 warnings"
      Given its frontend/src/main.tsx also has "debugger;"
      When "npm run lint" is run in the frontend of that copy
      Then they fail and say "debugger"

  @DoD-5-lock @anywhere @node
  Rule: The lockfile is complete: `npm ci` installs from it, `npm install` leaves it as it is

    Scenario: What npm ci would install in a clean copy
      Given a copy of the project
      When "npm ci --dry-run" is run in the frontend of that copy
      Then they succeed and say "added"

    Scenario: npm install
      Given a copy of the project
      Then npm install left its frontend/package-lock.json as it is
      And its frontend/package-lock.json holds no address of a download
