"""The local stack without Docker: compose_file reads, translate adapts, supervisor runs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
STATE_DIR = ROOT / ".dev"  # everything that a run keeps
STATE_FILE = STATE_DIR / "state.json"
LOGS_DIR = STATE_DIR / "logs"
