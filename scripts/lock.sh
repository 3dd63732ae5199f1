#!/usr/bin/env bash
# Makes both locks of the Python packages anew, after adding PACKAGES, like 'sqlalchemy>=2,<3', to what the
# backend needs. Versions that are locked stay, unless the first argument is an option: --upgrade.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

if [[ ${1--} != -* ]]; then
  "$venv/bin/uv" add --quiet --frozen --project backend "$@"
  set --
fi
compile() { # OUTPUT, PYTHON, what asks for packages…
  "$venv/bin/uv" pip compile --quiet --universal --python-version "$2" --generate-hashes --no-annotate \
    --custom-compile-command ./scripts/lock.sh --no-emit-index-url --no-emit-find-links -o "$1" "${@:3}"
}
compile backend/requirements.txt 3.13 backend/pyproject.toml "$@"
compile scripts/requirements.txt 3.11 scripts/dependencies backend/pyproject.toml --extra dev "$@"
