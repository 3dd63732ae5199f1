#!/usr/bin/env bash
# Compiles both Python locks. Arguments such as 'sqlalchemy>=2,<3' are added to the backend's dependencies first.
# Locked versions stay, unless the first argument is --upgrade.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

if [[ ${1--} != -* ]]; then
  "$venv/bin/uv" add --quiet --frozen --project backend "$@"
  set --
fi
compile() { # OUTPUT, PYTHON VERSION, INPUTS
  "$venv/bin/uv" pip compile --quiet --universal --python-version "$2" --generate-hashes --no-annotate \
    --custom-compile-command ./scripts/lock.sh --no-emit-index-url --no-emit-find-links -o "$1" "${@:3}"
}
compile backend/requirements.txt 3.13 backend/pyproject.toml "$@"
compile scripts/requirements.txt 3.11 scripts/dependencies backend/pyproject.toml --extra dev "$@"
