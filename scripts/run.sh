#!/bin/sh
# Runs this repository's Python with everything it needs, setting that up the first time.
#
#   sh scripts/run.sh                        the list of commands; nothing is set up for it
#   sh scripts/run.sh fit [OPTIONS]          a command of that list
#   sh scripts/run.sh test [OPTIONS]         the tests
#   sh scripts/run.sh prepare                set up only (where there is a network), run later without one
#   sh scripts/run.sh lock                   write scripts/requirements/ anew from pyproject.toml
#   sh scripts/run.sh site [FOLDER]          the site: pages, tutorials (which are run), reference; default results/site
#   sh scripts/run.sh sbom [FILE]            what is installed, as a CycloneDX bill of materials (JSON)
#   sh scripts/run.sh licences               what is installed, and under which licence
#   sh scripts/run.sh FILE.py | -m MODULE    files and options go to Python as they are
#
# A Python whose JAX already sees an accelerator is used as it is; what it lacks goes into .venv-device beside it.
# Otherwise uv makes .venv. GP130_EXTRA=cuda12 or cuda13 adds JAX for an NVIDIA card to .venv.
set -eu
export PYTHONUTF8=1  # tables and bars are the same where the locale is plain C
here=$PWD
cd "$(dirname "$0")/.."
root=$PWD

say() { printf '%s\n' "$@" >&2; }
fail() { say "run.sh: $*"; exit 2; }
offline="set up where there is a network with 'sh scripts/run.sh prepare'; a folder prepared so runs without one"
wanted=scripts/requirements/${GP130_EXTRA:-base}.txt
[ -z "${GP130_EXTRA:-}" ] || [ -f "$wanted" ] || fail "GP130_EXTRA=${GP130_EXTRA:-}: is not one of cuda12, cuda13 (unset it for a CPU)"
stamp="$(cat pyproject.toml "$wanted" 2>/dev/null | cksum) ${GP130_EXTRA:-}"
prepared() { [ -x "$1/bin/python" ] && [ "$(cat "$1/prepared" 2>/dev/null)" = "$stamp" ]; }
is_new() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

# The first of the named interpreters that starts: a shim may point nowhere.
first_python() {
    for candidate in "$@"; do
        "$candidate" -c '' 2>/dev/null && { command -v "$candidate"; return; }
    done
    return 1
}

sees_accelerator() {
    is_new "$1" && "$1" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("jax") is None)' 2>/dev/null || return 1
    "$1" -c 'import jax, sys; sys.exit(jax.default_backend() == "cpu")' 2>/dev/null
}

beside_jax() {
    say "Using the JAX of $1, which sees an accelerator; adding what it lacks to .venv-device (once) ..."
    rm -rf .venv-device
    "$1" -m venv --system-site-packages --without-pip .venv-device || fail "$1 cannot make a virtual environment: install its venv module"
    # An interpreter that lives in a virtual environment itself would be passed over: its packages are named, after our own.
    "$1" - "$root" > "$(.venv-device/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/gp130.pth" <<'END'
import sys, sysconfig
print(*dict.fromkeys([sys.argv[1], sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]), sep="\n")
END
    # What this Python has for its accelerator stays as it is; all else is what the tests ran with, bytes checked.
    "$1" - "$wanted" > .venv-device/requirements.txt <<'END'
import re, sys
from importlib.metadata import distributions
kept = {re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower() for d in distributions()}
kept = {n for n in kept if n.startswith(("jax", "nvidia", "ml-dtypes", "numpy"))}
entries = re.split(r"\n(?=\S)", open(sys.argv[1]).read())
print(*(e for e in entries if re.match(r"[\w.-]*", e)[0] not in kept), sep="\n")
END
    "$1" -m pip --python .venv-device/bin/python install -qq --disable-pip-version-check \
        --no-deps --require-hashes -r .venv-device/requirements.txt || fail "pip could not install the above: $offline"
    "$1" -m pip --python .venv-device/bin/python check >&2 ||
        fail "the JAX of $1 does not go with what the tests ran with (above): bring it to the version of $wanted"
    printf '%s' "$stamp" > .venv-device/prepared
}

# uv that runs, else one in .venv-uv, which no system forbids and which touches nothing else.
find_uv() {
    for candidate in uv "$root/.venv-uv/bin/uv" "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv"; do
        "$candidate" --version >/dev/null 2>&1 && { printf '%s' "$candidate"; return; }
    done
    python=$(first_python python3 /usr/bin/python3 python) || fail "no Python starts here: install Python 3.12 or newer, or uv"
    say "Fetching uv into .venv-uv (once) ..."
    "$python" -m pip install -qq --disable-pip-version-check --target .venv-uv --require-hashes \
        -r scripts/requirements/uv.txt >&2 || fail "pip could not fetch uv: $offline"
    printf '%s' "$root/.venv-uv/bin/uv"
}

with_uv() {
    uv=$(find_uv) || exit 2
    # Behind an inspecting proxy only the system's own list of certificates will do.
    [ ! -s /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
    say "Setting up .venv with uv (once; about 1.8 GB) ..."
    # uv knows neither a pyenv that is not on PATH nor which of its own downloads this machine may make.
    python=$(for candidate in python3 python3.12 python3.13 python3.14 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3; do
        is_new "$candidate" && { command -v "$candidate"; break; }
    done || true)
    failed="uv could not set up .venv (reason above): if it is Python, install 3.12 or newer; if it is the network, $offline"
    is_new .venv/bin/python || "$uv" venv --quiet --clear ${python:+--python "$python"} .venv || fail "$failed"
    # Exactly what the tests ran with, the bytes of every file checked against the list.
    "$uv" pip sync --quiet --python .venv/bin/python --require-hashes "$wanted" || fail "$failed"
    "$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . || fail "$failed"
    printf '%s' "$stamp" > .venv/prepared
    if [ -z "${GP130_EXTRA:-}" ] && nvidia-smi >/dev/null 2>&1; then
        say "An NVIDIA card is here: GP130_EXTRA=cuda13 (or cuda12) before this command adds JAX for it."
    fi
}

list=inference/command/commands.txt
show() {
    cat "$list"
    printf '\nOf a checkout (sh scripts/run.sh ...)\n'
    printf '  %-12s %s\n' prepare 'set up now, to run later without a network' test 'the tests; -m slow those that take many minutes' \
        site 'build the site into results/site' lock 'write scripts/requirements/ anew from pyproject.toml' sbom 'all that is installed, as a CycloneDX file' \
        licences 'all that is installed, and under which licence'
}
is_command() { case $1 in *[!a-z0-9_-]*) false ;; *) grep -q "^  $1   *[a-z]" "$list" ;; esac; }
is_ready() { prepared .venv-device || prepared .venv; }
word=${1:-}
case $word in
    '' | -h | --help) show; exit 0 ;;
    help) if [ $# -eq 1 ]; then show; exit 0; fi ;;
    prepare | test | site | lock | sbom | licences | -* | */* | *.py) ;;
    *) is_command "$word" || is_ready || { show >&2; say "" "run.sh $word: is no command: use one of the above"; exit 2; } ;;
esac
# Help never sets anything up: the list is all there is until then.
case " $* " in
    " help "* | *" --help "*) is_ready || { show; say "" "More about a command: set up first, with 'sh scripts/run.sh prepare' (about 1.8 GB)"; exit 0; } ;;
esac

if [ "$word" = lock ]; then
    uv=$(find_uv) || exit 2
    "$uv" lock --quiet --upgrade || fail "uv could not resolve pyproject.toml (reason above)"
    for extra in base cuda12 cuda13; do
        set -- export --quiet --frozen --no-emit-project --no-annotate --no-header --format requirements-txt
        [ $extra = base ] || set -- "$@" --extra $extra
        "$uv" "$@" --output-file scripts/requirements/$extra.txt >/dev/null || fail "uv could not write the list $extra"
    done
    say "Written: scripts/requirements/"; exit 0
fi

if prepared .venv-device; then venv=.venv-device
elif prepared .venv; then venv=.venv
else
    python=$(first_python python3 || true)
    if [ -n "$python" ] && sees_accelerator "$python"; then
        beside_jax "$python"; venv=.venv-device
    else
        with_uv; venv=.venv
    fi
fi

python=$root/$venv/bin/python
case $word in
    prepare) say "Ready: $venv"; exit 0 ;;
    sbom)
        cd "$here"
        exec "$python" -m cyclonedx_py environment --output-reproducible --output-format JSON \
            ${2:+--output-file "$2"} "$python" ;;
    site) shift; exec "$python" scripts/site/build.py "$@" ;;
    licences) exec "$python" -m piplicenses --python "$python" ;;
    # Two workers, a file each at a time: most of the time is compilation, which hardly uses a second core.
    test) shift; exec "$python" -m pytest -n 2 --dist loadfile "$@" ;;
esac
cd "$here"
case $word in
    -* | */* | *.py) exec "$python" "$@" ;;
esac
# -P: a folder `models` where the command is given is not taken for ours.
PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH} exec "$python" -P -m inference.command "$@"
