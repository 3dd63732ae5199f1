Feature: Without Docker
  ./scripts/dev.sh starts the services of docker-compose.yml, and the page, as plain processes.

  @W-dev @embedded @node
  Rule: ./scripts/dev.sh starts everything, says where it is, and Ctrl-C ends all of it

    @slowest
    Scenario: From a clean clone to the page, and back
      Given nobody listens on port 5173
      When dev.sh of a clean clone runs
      Then within 60 seconds it says "http://localhost:5173"
      And the api and the page answer at the addresses that it says
      And the page asks the api at that address
      And within 5 seconds it says "GET /health"
      When in its frontend/src/lib/api.ts "TIMEOUT_SECONDS = 5" becomes "TIMEOUT_SECONDS = 6"
      Then within 5 seconds it says "page reload"
      When dev.sh is told to start what has exited
      And dev.sh gets Ctrl-C
      Then within 3 seconds it has ended and left no process
      And the postgres's log says "database system is shut down"
      And the worker's log says "Warm shutdown"

    Scenario: What it cannot start
      When dev.sh of a clean clone is asked for "nosuch"
      Then it is refused in one line that says "no service nosuch"
      When dev.sh of a clean clone is started on a machine without node and npm
      Then it is refused in one line that says "needed: Node with npm"

  @W-reload @embedded
  Rule: The api and the worker start again when their source is edited

    @slow
    Scenario: Both are edited, one of them wrongly at first
      Given a stack of its own with only redis, worker and api
      When in its backend/app/main.py "app.get("/health")" becomes "app.get("/edited""
      Then within 15 seconds dev.sh says "api exited with code 1; the next edit starts it again"
      When in its backend/app/main.py "app.get("/edited"" becomes "app.get("/edited")"
      And in its backend/app/worker.py "return "pong"" becomes "return "edited""
      Then within 15 seconds GET /edited of the api answers 200
      And within 15 seconds tasks.ping returns edited

  @W-one-file @embedded
  Rule: docker-compose.yml is its only list of services; what it cannot run, it names

    Scenario Outline: <what>
      Given a copy of the project
      And in docker-compose.yml "<old>" is replaced by "<new>"
      When dev.sh is started in that copy
      Then it is refused in one line that says "<words>"

      Examples:
        | what                    | old               | new                 | words                           |
        | An unknown image        | image: redis:8    | image: mysql:8      | mysql:8                         |
        | An unknown key          | tmpfs: /data      | env_file: .env      | env_file                        |
        | A port that is none     | ${API_PORT:-8000} | eight               | eight is no port                |
        | A port for two services | ${API_PORT:-8000} | ${REDIS_PORT:-6379} | for api: Address already in use |

    Scenario: A command that is changed there
      Given a copy of the project
      And in docker-compose.yml "--save, """ is replaced by "--save, "", --maxclients, "77""
      When only redis of that copy runs
      Then redis answers CONFIG GET maxclients with 77

  @W-taken-port @embedded
  Rule: A taken port is one line that names the port, who holds it, and the variable that moves it

    Scenario: Somebody listens on the api's port
      Given a copy of the project
      And its .dev/data/row has "of an earlier run"
      And somebody listens on the port for the api
      When dev.sh --fresh is started in that copy
      Then it is refused in one line that says "API_PORT"
      And that line names the port and its holder
      And nothing was started
      And its .dev/data/row still has "of an earlier run"

  @W-killed @embedded
  Rule: Killed and started again, it is as if it had been stopped

    @slow
    Scenario: SIGKILL, a start at once, and SIGKILL
      Given a stack of its own with only postgres and redis
      And the database holds a row
      When the orchestrator is killed, and the stack is started again
      Then the row is still there
      And postgres and redis are healthy
      When a client stays connected to postgres
      And the orchestrator is killed
      Then within 10 seconds none of its processes is left, and no shared memory of postgres

  @W-once @embedded
  Rule: A second start in the same folder is refused, and the first goes on

    @slow
    Scenario: Postgres runs there, and the second start would remove its data
      Given a stack of its own with only postgres
      And the database holds a row
      When dev.sh --fresh is started in its folder once more
      Then it is refused in one line that says "already running here as pid"
      And postgres is healthy
      And the row is still there

  @W-fresh @embedded
  Rule: `--fresh` starts without the data of earlier runs

    Scenario: An earlier run has left a row
      Given a stack of its own with only postgres
      And the database holds a row
      When the stack is taken down
      And postgres of it is started again with --fresh
      Then the row is gone
