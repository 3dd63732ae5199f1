Feature: README.md and verify.sh
  A newcomer types what the README shows, and it works as it stands there.

  @DoD-6-commands @anywhere
  Rule: README.md shows these commands, and no other

    Scenario: The fenced commands, in their order
      Given a copy of the project
      Then the commands in README.md are exactly
        | docker compose up --build                                                                                                               |
        | cp .env.example .env                                                                                                                    |
        | docker compose ps                                                                                                                       |
        | curl -sS http://localhost:8000/health                                                                                                   |
        | docker compose exec -T api python -c "from app.worker import celery_app; print(celery_app.send_task('tasks.ping').get(timeout=10))"     |
        | cd frontend                                                                                                                             |
        | npm install                                                                                                                             |
        | npm run dev                                                                                                                             |
        | ./scripts/dev.sh                                                                                                                        |
        | ./scripts/verify.sh                                                                                                                     |
        | cd backend                                                                                                                              |
        | python -m venv .venv && source .venv/bin/activate                                                                                       |
        | pip install -e ".[dev]"                                                                                                                 |
        | pytest                                                                                                                                  |
        | cd frontend                                                                                                                             |
        | npm install                                                                                                                             |
        | npm run typecheck                                                                                                                       |
        | npm run build                                                                                                                           |
        | docker compose down                                                                                                                     |
        | docker compose down -v                                                                                                                  |

    Scenario: What its sentences name
      Given a copy of the project
      Then the commands, options and files in the sentences of README.md are exactly
        | .env                                                  |
        | VITE_API_BASE_URL=http://localhost:8001 npm run dev   |
        | --strict                                              |
        | --report                                              |
        | .report/html/index.html                               |
        | -m DoD-3-ping                                         |
        | .venv/bin/python -m acceptance.requirements           |
        | ./scripts/dev.sh --fresh                              |
        | .dev/                                                 |
        | http://localhost:8000                                 |
        | frontend/.env.local                                   |
        | ./scripts/dev.sh                                      |
        | .venv/bin/python -m acceptance.mutants                |
        | acceptance/mutants.toml                               |
        | backend/requirements.lock                             |
        | scripts/requirements.lock                             |
        | .venv                                                 |
        | frontend/package-lock.json                            |
        | scripts/requirements.in                               |

    Scenario: The start command comes first
      Given a copy of the project
      Then "docker compose up --build" stands within the first 15 lines of README.md

  @DoD-6-executed
  Rule: Each command of README.md does what README.md says

    @compose @slow
    Scenario: The commands for the stack
      When README.md's commands for the stack are run in a clean copy
      Then they succeed, and these say
        | docker compose up --build             | ready.          |
        | docker compose ps                     | (healthy)       |
        | curl -sS http://localhost:8000/health | {"status":"ok"} |
        | docker compose exec -T api python     | pong            |
        | docker compose down                   | Removed         |
        | docker compose down -v                | Volume          |

    @anywhere @node
    Scenario: The commands for the page
      When README.md's commands around "npm run dev" are run in a clean copy
      Then the page is served

  @DoD-6-links @anywhere
  Rule: What README.md refers to exists, and its settings are those of .env.example, its versions those that are asked for

    Scenario: Files, folders, settings
      Given a copy of the project
      Then every file that README.md links to or lists exists
      And its ports of localhost are 5173, 8000 and 8001
      And the settings table of README.md has the variables and defaults of .env.example
      And the oldest versions that README.md names are
        | Docker Engine | 25    |
        | Compose       | 2.24  |
        | Node          | 20.19 |
        | Python        | 3.11  |

  @DoD-7-anywhere @anywhere
  Rule: ./scripts/verify.sh runs from any folder, sets itself up, and names every line of the Definition of Done

    @slowest
    Scenario: From a clean clone, for one requirement of DoD-6
      When verify.sh of a clean clone runs for the first time, from another folder
      Then they succeed and say "setup: making .venv"
      And the verdict has every row, and calls none verified of which something did not run

    Scenario: When scripts/requirements.lock has changed, it wants to set itself up anew
      When verify.sh runs in that clone with other requirements, on a machine without python
      Then they fail and say "needed: 3.11 or later"

    Scenario: When it could not install everything, too
      When verify.sh has run in a clean clone on a machine whose pip fails, and runs again
      Then they fail and say "setup: making .venv"

    Scenario: When the clone has moved, too
      When verify.sh runs in another place to which that clone was moved, on a machine without python
      Then they fail and say "needed: 3.11 or later"

  @DoD-7-red @anywhere
  Rule: ./scripts/verify.sh fails when something is violated, and says what

    Scenario: The line about /health is missing from README.md
      When verify.sh runs in that clone, whose README.md lacks the line "curl -sS http://localhost:8000/health"
      Then they fail and say "README.md shows these commands"
      And the verdict says that DoD-6 is violated

  @DoD-7-report @anywhere @node
  Rule: With --report it also writes one HTML file that shows each rule, scenario, step and transcript

    @slow
    Scenario: The report of one scenario
      When verify.sh --report runs in that clone, for W-taken-port
      Then they succeed and say "report: "
      And the report has the row, the rule, the scenario, a step and a transcript
        | test-results | Without Docker: ./scripts/dev.sh starts the same services |
        | test-results | A taken port is one line that names the port              |
        | test-results | Somebody listens on the api's port                        |
        | test-results | Given a copy of the project                               |
        | attachments  | Address already in use                                    |

  @DoD-7-prerequisites @anywhere
  Rule: What is missing on the machine is one line that says what was found and what is needed; strictly, it fails

    Scenario: No Docker and no Node
      When verify.sh --strict runs in that clone, on a machine without docker and node
      Then they fail and say "not verified here"
      And one line says "needed: Docker Engine 25"
      And one line says "needed: Node 20.19"
      And no line says "setup:"

    Scenario: An old Python
      When verify.sh runs in a clean clone, on a machine whose only Python is 3.10
      Then they fail and say "found Python 3.10; needed: 3.11 or later"

  @DoD-7-ci @anywhere
  Rule: CI runs ./scripts/verify.sh strictly, for every change

    Scenario: The workflow
      Given a copy of the project
      Then on each push to main and each pull_request, its workflow runs ./scripts/verify.sh --strict --report
      And nothing keeps that workflow from running, or from failing
