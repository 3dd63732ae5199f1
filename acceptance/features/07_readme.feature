Feature: README.md and verify.sh
  A newcomer types what README.md shows, and it works as it stands there.

  @DoD-6-commands
  Rule: README.md shows the commands of the specification
    Scenario: The commands, in its code blocks
      Then the commands of README.md include
        | docker compose up --build                                                                                                           |
        | cp .env.example .env                                                                                                                |
        | docker compose ps                                                                                                                   |
        | curl -sS http://localhost:8000/health                                                                                               |
        | docker compose exec -T api python -c "from app.worker import celery_app; print(celery_app.send_task('tasks.ping').get(timeout=10))" |
        | python -m venv .venv && source .venv/bin/activate                                                                                   |
        | pip install -e ".[dev]"                                                                                                             |
        | pytest                                                                                                                              |
        | npm install                                                                                                                         |
        | npm run dev                                                                                                                         |
        | npm run typecheck                                                                                                                   |
        | npm run build                                                                                                                       |
        | ./scripts/verify.sh                                                                                                                 |
        | docker compose down                                                                                                                 |
        | docker compose down -v                                                                                                              |

  @DoD-6-executed @compose @all
  Rule: Each command of README.md for the stack does what README.md says
    Scenario: The commands for the stack
      When the commands of README.md for the stack are run in their order
      Then each command succeeds and prints
        | docker compose up --build             | ready.          |
        | docker compose ps                     | (healthy)       |
        | docker compose up --build --wait      | Healthy         |
        | docker compose exec postgres psql     | ia_crm          |
        | docker compose exec redis redis-cli   | PONG            |
        | docker compose logs worker            | ready.          |
        | curl -sS http://localhost:8000/health | {"status":"ok"} |
        | docker compose exec -T api python     | pong            |
        | docker compose down                   | Removed         |
        | docker compose down -v                | Volume          |

  @DoD-7-anywhere @all
  Rule: ./scripts/verify.sh runs in a clean clone, from any folder, whatever the shell sets
    Scenario: A shell with variables that steer Python and pytest
      When verify.sh of a clean clone is run in a hostile shell
      Then the command succeeds and prints "1 passed"

  @DoD-7-prerequisites @all
  Rule: A missing program is one line that says what to install, and fails a run of everything
    Scenario: No Docker and no Node
      When verify.sh --all of a clean clone is run on a machine without docker, node and npm
      Then the command fails and prints one line that contains "docker is not installed"
      And the command fails and prints one line that contains "node is not installed"

  @DoD-7-red
  Rule: ./scripts/verify.sh fails when something is violated, and says what
    Scenario: README.md shows no command
      When verify.sh of a clean clone is run while its README.md is empty
      Then the command fails and prints "DoD-6  README.md says how to run and how to verify"
      And the command fails and prints "README.md shows the commands of the specification"
      And the verdict names every section
