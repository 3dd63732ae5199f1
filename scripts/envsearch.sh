#!/usr/bin/env bash
# Makes .env files at random and compares how docker compose and dev.sh read them. --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
HYPOTHESIS_STORAGE_DIRECTORY=.report/hypothesis PYTHONPATH=scripts exec "$venv/bin/python" -m envsearch "$@"
