#!/usr/bin/env bash
# Checks every requirement on this machine and ends with a verdict. Options are pytest's, and those of
# the suite: --runtime compose|native|both, --report, and --strict: what was not verified fails too.
# --doctor only looks at this machine and this clone.
[ "${BASH_VERSION-}" ] || exec bash "$0" "$@" # by `sh scripts/verify.sh`
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
[[ " $* " != *" --doctor "* ]] || PYTHONPATH=scripts exec "$venv/bin/python" -m doctor
exec "$venv/bin/python" -u -m pytest acceptance "$@"
