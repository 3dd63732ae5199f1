# shellcheck shell=bash
# Sourced by the scripts beside it: goes to the root of the tree, drops what is in the person's environment to steer
# Python or pytest, and brings $venv in step with the lock.
unset CDPATH VIRTUAL_ENV CONDA_PREFIX "${!PYTHON@}" "${!PYTEST@}"
export PYTHONUTF8=1 # whatever the locale
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

environment() { # PYTHON, what it is to do
  "$1" -IS -X utf8 scripts/environment.py "${@:2}"
}
for venv in .venv .dev/venv; do
  environment $venv/bin/python in-step $venv 2>/dev/null && return
done
for python in python3 python3.14 python3.13 python3.12 python3.11 python ''; do
  [[ $(environment "${python:-false}" usable 2>/dev/null) != usable ]] || break
done
if [[ -z $python ]]; then
  echo "Python: found $(python3 --version 2>/dev/null || echo none); needed: 3.11 or later, with venv (on Debian: apt install python3-venv)" >&2
  exit 1
fi
venv=$(environment "$python" make) || exit 1
