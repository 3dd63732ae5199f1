# shellcheck shell=bash
# Sourced by the scripts beside it: goes to the root of the tree, and brings $venv in step with the lock.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

lock=scripts/requirements.lock
venv=.venv
[[ ! -e .venv || -f .venv/stamp ]] || venv=.dev/venv # a .venv that somebody else has made is left alone
[[ -x $venv/bin/python ]] && made=$(cat $venv/stamp 2>/dev/null) || made=
if [[ $made != "$PWD"$'\n'"$(<$lock)" ]]; then
  find_pip='import sys, sysconfig, venv, ensurepip, pathlib
sys.version_info >= (3, 11) or sys.exit(1)
places = [sysconfig.get_config_var("WHEEL_PKG_DIR") or ".", *(f"{path}/_bundled" for path in ensurepip.__path__)]
print(next(wheel for place in places for wheel in pathlib.Path(place).glob("pip-*.whl")) / "pip")'
  for python in python3 python3.14 python3.13 python3.12 python3.11 python ''; do
    pip=$("${python:-false}" -c "$find_pip" 2>/dev/null) && break
  done
  if [[ -z $python ]]; then
    echo "Python: found $(python3 --version 2>/dev/null || echo none); needed: 3.11 or later, with venv (on Debian: apt install python3-venv)" >&2
    exit 1
  fi
  if [[ ${made%%$'\n'*} == "$PWD" && -x $venv/bin/uv ]]; then
    echo "setup: bringing $venv in step with $lock" >&2
  else # console scripts hold their path, so a moved one is of no use
    echo "setup: making $venv with $("$python" --version) (once, some 10 s)" >&2
    rm -rf $venv
    mkdir -p $venv
    pwd >$venv/stamp # from now on it is ours
    "$python" -m venv --without-pip $venv
    # the pip that Python brings, run from its wheel, brings uv, which takes a tenth of the time for the rest
    $venv/bin/python "$pip" install -qq --disable-pip-version-check --require-hashes --no-deps \
      -r <(sed -n '/^uv==/,/[^\\]$/p' $lock) >&2
  fi
  index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL-}} # of pip's settings, uv reads none
  env ${index:+UV_DEFAULT_INDEX="$index"} $venv/bin/uv pip sync -q --python $venv --require-hashes $lock >&2
  printf '%s\n' "$PWD" "$(<$lock)" >$venv/stamp
fi
