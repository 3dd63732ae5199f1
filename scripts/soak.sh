#!/usr/bin/env bash
# Kills and restarts services at random while tasks are sent, and counts what was lost. --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
PYTHONPATH=scripts:backend:. exec "$venv/bin/python" -m soak "$@"
