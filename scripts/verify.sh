#!/usr/bin/env bash
# Verifies the specification on this machine, on one runtime, or everything with --all. Options are pytest's and
# the suite's: --all, --runtime compose|native, --report, --keep. --doctor only checks this machine.
[ "${BASH_VERSION-}" ] || exec bash "$0" "$@" # for: sh scripts/verify.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
[[ " $* " != *" --doctor "* ]] || PYTHONPATH=scripts exec "$venv/bin/python" -m doctor
exec "$venv/bin/python" -u -m pytest acceptance "$@"
