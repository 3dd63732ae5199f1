#!/usr/bin/env bash
# Runs a program of the scripts' environment, like ruff, in the root of the tree.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
PATH=$PWD/$venv/bin:$PATH exec "$@"
