#!/usr/bin/env bash
# Tests the specification: plants known defects, each of which must turn its requirement red. --help
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
PYTHONPATH=scripts:. exec "$venv/bin/python" -m mutants "$@"
