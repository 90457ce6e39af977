# shellcheck shell=bash
# Shared by the scripts beside it: where the checkout is, and how its virtual environment comes to hold a lock.
# Sourced, never run.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"

say() { printf 'LocalRouter: %s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# Installs Debian packages when that is possible without asking, else fails.
apt_install() {
    [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null || return 1
    say "installing $* with apt-get"
    apt-get update -qq >&2 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" </dev/null >/dev/null
}

python_holds() { "$1" -ISc "$2" >/dev/null 2>&1; }

# Prints the first Python from 3.11 on that fulfils the extra Python statement $1.
find_python() {
    local candidate
    for candidate in ${LOCALROUTER_PYTHON:-} python3.13 python3.12 python3.11 python3; do
        if python_holds "$candidate" "import sys; assert sys.version_info >= (3, 11); $1"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

# Prints a Python that can make virtual environments; as root it fetches what is missing first.
python_with_venv() {
    local with_venv='import venv, ensurepip' python version
    find_python "$with_venv" && return
    if ! python="$(find_python pass)"; then
        apt_install python3 python3-venv || die "Python 3.11 or later is missing. Install it: sudo apt-get install python3 python3-venv"
        find_python "$with_venv" || die "Python 3.11 or later is missing, and this system's python3 is older. Name another: LOCALROUTER_PYTHON=/path/to/python3"
        return
    fi
    version="$("$python" -ISc 'import sys; print("%d.%d" % sys.version_info[:2])')"
    apt_install "python$version-venv" || die "the venv module of Python $version is missing. Install it: sudo apt-get install python$version-venv"
    find_python "$with_venv" || die "$python still has no venv module after installing python$version-venv. Name another: LOCALROUTER_PYTHON=/path/to/python3"
}

# True where the environment's interpreter runs and finds its own folder of packages (a system upgrade may break both).
venv_works() {
    [[ -x $PYTHON ]] || return 1
    local version
    version="$("$PYTHON" -ISc 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" || return 1
    [[ -d $VENV/lib/python$version/site-packages ]]
}

make_venv() {
    local python
    python="$(python_with_venv)"
    [[ ! -e $VENV ]] || say "the virtual environment no longer works; making it anew"
    say "making a virtual environment with $("$python" -V 2>&1)"
    local words
    words="$("$python" -m venv --clear "$VENV" 2>&1)" || die "$python could not make $VENV: ${words##*$'\n'}"
}

# Our source is found through a relative path, so that the checkout may move and nothing needs to be built.
link_source() {
    local site_packages
    for site_packages in "$VENV"/lib/python3.*/site-packages; do
        printf '../../../../backend\n' >"$site_packages/localrouter.pth"
    done
}

install_lock() {
    local lock="$ROOT/requirements/$1.txt" started=$SECONDS
    python_holds "$PYTHON" 'import sys; assert sys.version_info >= (3, 11)' ||
        die "$VENV holds a Python older than 3.11. Remove that folder and start again."
    "$PYTHON" -m pip --version >/dev/null 2>&1 || "$PYTHON" -m ensurepip >/dev/null ||
        die "$VENV has no pip. Remove that folder and start again."
    say "installing the packages of requirements/$1.txt (a minute or two, once)"
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USE_PEP517=1 PIP_ROOT_USER_ACTION=ignore \
        "$PYTHON" -m pip install --quiet --require-hashes --requirement "$lock" </dev/null >"$VENV/install.log" 2>&1 || {
        cat "$VENV/install.log" >&2
        die "installing the packages failed; pip's words stand above. Check the network and pip's settings (pip config list), then start again."
    }
    link_source
    say "packages installed in $((SECONDS - started)) s"
}

# Each lock contains the ones before it, and the copy of a lock inside the environment says that it is installed.
is_installed() { cmp -s "$ROOT/requirements/$1.txt" "$VENV/locks/$1.txt"; }

mark_installed() {
    local contained
    mkdir -p "$VENV/locks"
    for contained in runtime demo dev; do
        cp "$ROOT/requirements/$contained.txt" "$VENV/locks/$contained.txt"
        [[ $contained != "$1" ]] || return 0
    done
}

# Makes the environment hold the lock $1 (runtime, demo or dev); returns at once when it does already.
ensure_installed() {
    if venv_works && is_installed "$1"; then return; fi
    exec 9<"$ROOT/requirements/runtime.txt"
    ! command -v flock >/dev/null || flock 9
    venv_works || make_venv
    if ! is_installed "$1"; then
        install_lock "$1"
        mark_installed "$1"
    fi
    exec 9<&-
}
