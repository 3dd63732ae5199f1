#!/usr/bin/env bash
# The whole local stack without Docker: ./scripts/dev.sh --help
[ "${BASH_VERSION-}" ] || exec bash "$0" "$@" # by `sh scripts/dev.sh`
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
PYTHONPATH=scripts exec "$venv/bin/python" -m native "$@"
