# shellcheck shell=bash
# Sourced by the scripts beside it: changes to the root, unsets variables that steer Python or pytest, and
# sets $venv to an environment with the packages of the lock.
unset CDPATH VIRTUAL_ENV CONDA_PREFIX "${!PYTHON@}" "${!PYTEST@}"
cd -P "$(dirname "${BASH_SOURCE[0]}")/.." || exit

lock=scripts/requirements.txt venv=.venv
[[ ! -e $venv || -f $venv/stamp ]] || venv=.dev/venv # because the developer made this .venv
stamp() { pwd && cat "$lock"; }                      # pwd, because an environment cannot be moved

if ! stamp | cmp -s - "$venv/stamp" || ! "$venv/bin/python" -c 'import uv' 2>/dev/null; then
  PATH=${PATH//"$PWD"\/"$venv"\/bin:/} # because that Python is about to be removed
  is_usable='import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))'
  for python in python3 python3.14 python3.13 python3.12 python3.11 python ''; do
    if "${python:-false}" -c "$is_usable" 2>/dev/null; then break; fi
  done
  if [[ -z $python ]]; then
    echo "setup: no Python 3.11 or later with venv found. Install one (Debian: apt install python3-venv)." >&2
    exit 1
  fi
  echo "setup: installing $lock into $venv (once, about 20 s)" >&2
  rm -rf "$venv" && mkdir -p "$venv" && : >"$venv/stamp" || exit # ours from now on, even if interrupted
  if ! { "$python" -m venv "$venv" && "$venv/bin/python" -m pip install -q --no-input --no-compile \
    --disable-pip-version-check --require-hashes -r "$lock"; } >"$venv/setup.log" 2>&1; then
    cat "$venv/setup.log" >&2
    echo "setup: could not install $lock (see above). Correct the cause, for example network or proxy, and try again." >&2
    exit 1
  fi
  stamp >"$venv/stamp"
fi
