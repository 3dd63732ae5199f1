#!/usr/bin/env bash
# Verifies every requirement on this machine. Options are pytest's and the suite's: --runtime compose|native|both,
# --report, and --all, which runs everything. --doctor only checks this machine.
[ "${BASH_VERSION-}" ] || exec bash "$0" "$@" # for: sh scripts/verify.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
[[ " $* " != *" --doctor "* ]] || PYTHONPATH=scripts exec "$venv/bin/python" -m doctor
exec "$venv/bin/python" -u -m pytest acceptance "$@"
