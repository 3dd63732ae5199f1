"""The local stack without Docker: the services of docker-compose.yml, and the page, as processes.

compose_file reads, translate turns what was read into processes of this machine, supervisor runs
them. Between the three stand immutable values.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
STATE_DIR = ROOT / ".dev"  # everything that a run keeps
STATE_FILE = STATE_DIR / "state.json"
LOGS_DIR = STATE_DIR / "logs"
