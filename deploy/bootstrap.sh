#!/bin/sh
# Makes .venv from hashed pins: `bootstrap.sh run` to run Comity, `bootstrap.sh dev` to work on it.
# Does nothing when it is in step with the pins. What fails says in one line what to do.
set -eu

kind=${1:-run}
venv=.venv
unfinished=$venv/.unfinished
journal=$venv/.install-log

cd "$(dirname "$0")/.."
unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX || true
export PIP_USER=0

refuse() {
    echo "$*" >&2
    exit 1
}

# The place counts too: the scripts of a virtual environment name it.
state_of() {
    { cat "requirements/$1.lock" pyproject.toml && pwd -P; } | cksum
}

in_step() {
    [ -x $venv/bin/python ] && [ ! -e $unfinished ] && [ "$(cat "$venv/.$1-stamp" 2>/dev/null)" = "$(state_of "$1")" ]
}

version_of() {
    "$1" -c 'import sys; print(".".join(map(str, sys.version_info[:3])))' 2>/dev/null
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

makes_venvs() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# Prints the first Python that will do, or explains the nearest miss.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        candidates=$PYTHON
        version=$(version_of "$PYTHON") || refuse "PYTHON=$PYTHON is no Python that runs. Name one: make up PYTHON=/path/to/python3.11"
    else
        candidates='python3 python3.13 python3.12 python3.11 python3.14'
    fi
    old= bare=
    for candidate in $candidates; do
        version=$(version_of "$candidate") || continue
        if ! new_enough "$candidate"; then
            old=${old:-$version}
        elif ! makes_venvs "$candidate"; then
            bare=${bare:-$candidate}
        else
            command -v "$candidate"
            return
        fi
    done
    if [ -n "$bare" ]; then
        refuse "Python $(version_of "$bare") at $(command -v "$bare") lacks its venv module. Install it (Debian, Ubuntu: apt-get install $(basename "$bare")-venv)."
    fi
    refuse "Comity needs Python 3.11 or newer; found ${old:-none}. Install it (Debian: apt-get install python3.11 python3.11-venv)" \
        "or name one: make up PYTHON=/path/to/python3.11"
}

install() {
    if ! $venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check "$@" >>$journal 2>&1; then
        reason=$(sed -n 's/^ *ERROR: *//p' $journal | tail -n 1)
        refuse "Installing failed: ${reason:-pip gave no reason}. Check the network and pip's settings, then run make again (more in $journal)."
    fi
}

in_step "$kind" && exit 0

[ -w . ] || refuse "The folder $(pwd) is read-only. Make it writable or copy the checkout to a place that is."
if [ -e $venv ] && [ ! -w $venv ]; then
    refuse "The folder $(pwd)/$venv belongs to another user. Remove it and run make again."
fi

if [ -e $unfinished ]; then
    other=$(cat $unfinished)
    if [ -n "$other" ] && kill -0 "$other" 2>/dev/null; then
        refuse "Process $other is installing into $venv. Wait for it; if it is something else, remove $venv and run make again."
    fi
    rm -rf $venv
fi
# One that was moved here names its old place; one whose Python is gone or too old cannot be used either.
if [ -e $venv ] && { ! new_enough $venv/bin/python || ! $venv/bin/python -m pip --version >/dev/null 2>&1 ||
    ! grep -qsF "$(pwd -P)/$venv" $venv/bin/activate; }; then
    rm -rf $venv
fi

if [ ! -e $venv ]; then
    python=$(find_python)
    echo "Making a virtual environment with Python $(version_of "$python")"
    mkdir $venv
    echo $$ >$unfinished
    if ! reason=$("$python" -m venv $venv 2>&1); then
        rm -rf $venv
        refuse "The virtual environment could not be made: $(printf '%s\n' "$reason" | tail -n 1)"
    fi
fi
echo $$ >$unfinished
: >$journal
echo "Installing the packages of requirements/$kind.lock (about a minute, once)"
install --require-hashes -r "requirements/$kind.lock"
install --no-build-isolation --no-deps -e .
state_of "$kind" >"$venv/.$kind-stamp"
# The pins for development contain those to run.
if [ "$kind" = dev ]; then
    state_of run >$venv/.run-stamp
fi
rm -f $unfinished
