# Sourced by the scripts beside it: makes .venv from requirements.lock, once, and goes to the root of the tree.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stamp=$(pwd && cat scripts/requirements.lock) # console scripts hold the path, so a moved tree starts anew
if [[ ! -f .venv/stamp || $(<.venv/stamp) != "$stamp" ]]; then
  for python in python3 python3.13 python3.12 python3.11 python ''; do
    "${python:-false}" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
  done
  if [[ -z $python ]]; then
    echo "Python: found $(python3 --version 2>/dev/null || echo none); needed: 3.11 or later, with venv (on Debian: apt install python3-venv)" >&2
    exit 1
  fi
  echo "setup: making .venv with $("$python" --version) (once, about 30 s)" >&2
  rm -rf .venv
  "$python" -m venv --upgrade-deps .venv # an old pip takes twice as long
  .venv/bin/pip install -qq --disable-pip-version-check --require-hashes --no-deps -r scripts/requirements.lock >&2
  printf '%s\n' "$stamp" >.venv/stamp
fi
