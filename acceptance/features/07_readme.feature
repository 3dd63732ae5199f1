Feature: README.md and verify.sh
  A newcomer types what README.md shows, and it works as it stands there.

  @DoD-6-commands @no_runtime
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

  @DoD-6-executed @compose
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

  @DoD-7-anywhere @no_runtime
  Rule: ./scripts/verify.sh runs in a clean clone, from any folder, sets itself up, and names every section
    Scenario: One requirement of DoD-6
      When verify.sh of a clean clone is run for the first time
      Then the command succeeds and prints "setup: installing scripts/requirements.txt into .venv"
      And the verdict on every section is "not verified here"

  @DoD-7-prerequisites @no_runtime
  Rule: A missing program is one line that says what to install, and fails a strict run
    Scenario: No Docker and no Node
      When verify.sh --strict of a clean clone is run on a machine without docker, node and npm
      Then the command fails and prints one line that contains "docker is not installed"
      And the command fails and prints one line that contains "node is not installed"

  @DoD-7-red @no_runtime
  Rule: ./scripts/verify.sh fails when something is violated, and says what
    Scenario: README.md shows no command
      When verify.sh of a clean clone is run while its README.md is empty
      Then the command fails and prints "README.md shows the commands of the specification"
      And the verdict on DoD-6 is "VIOLATED"
      And the command fails and prints "✗ DoD-6-commands: The commands, in its code blocks"
