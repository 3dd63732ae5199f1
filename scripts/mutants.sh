#!/usr/bin/env bash
# Plants the known defects of acceptance/mutants: each must turn its requirement red. --help
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
PYTHONPATH=scripts:. exec "$venv/bin/python" -m acceptance.mutants "$@"
