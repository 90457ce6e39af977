# shellcheck shell=bash
# The toolkit that a desktop window needs: GTK WebKit of the system where the environment's Python can load it, else Qt.
# Sourced after lib.sh, never run. Nothing here ends a start: without a toolkit LocalRouter says so and serves headless.

SYSTEM_GI=/usr/lib/python3/dist-packages/gi
GTK_PACKAGES=(python3-gi gir1.2-webkit2-4.1)
# What Qt wants beyond a bare Debian; a desktop has most of it.
QT_LIBRARIES=(libegl1 libgl1 libnss3 libxcomposite1 libxdamage1 libxrandr2 libxtst6 libasound2 libxkbfile1 libxcb-cursor0
    libxkbcommon-x11-0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-xkb1)

# True where these arguments of scripts/run lead to a window.
wants_window() {
    [[ -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]] || return 1
    local word
    for word in "$@"; do
        case "$word" in
            serve | call | check | status | stop | open | launch | autostart | --headless | --help | -h | --version) return 1 ;;
        esac
    done
}

loads_gtk() {
    "$1" -c 'import gi; gi.require_version("Gtk", "3.0"); gi.require_version("WebKit2", "4.1")' >/dev/null 2>&1
}

# Lets the environment see the system's `gi`, and nothing else of the system's packages. It is built for one version of
# Python, whoever built that; a link that does not work is taken away again.
link_gi() {
    local site_packages
    [[ -d $SYSTEM_GI ]] || return 1
    for site_packages in "$VENV"/lib/python3.*/site-packages; do
        [[ ! -e $site_packages/gi || -L $site_packages/gi ]] || return 1
        ln -sfn "$SYSTEM_GI" "$site_packages/gi"
        loads_gtk "$PYTHON" && return
        rm -f "$site_packages/gi"
    done
    return 1
}

has_gtk() { loads_gtk "$PYTHON" || link_gi; }

# The system's `gi` can only be loaded by the Python version that it was built for.
is_like_system_python() {
    local version='import sys; print(sys.version_info[:2])'
    [[ $("$PYTHON" -c "$version") == "$(/usr/bin/python3 -c "$version" 2>/dev/null)" ]]
}

fetch_gtk() {
    is_like_system_python && [[ $EUID -eq 0 ]] || return 1
    say "a window needs GTK WebKit: about 35 MB from your distribution, once (without a window: scripts/run serve)"
    apt_install "${GTK_PACKAGES[@]}" && has_gtk
}

fetch_qt() {
    local lock="$ROOT/requirements/desktop.txt" started=$SECONDS
    say "a window needs a toolkit, and Qt is fetched: about 670 MB on disk, once. Ctrl+C ends this; without a window: scripts/run serve"
    ! is_like_system_python || say "far smaller, and then used instead: sudo apt-get install ${GTK_PACKAGES[*]}"
    apt_install "${QT_LIBRARIES[@]}" || true
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USE_PEP517=1 PIP_ROOT_USER_ACTION=ignore \
        "$PYTHON" -m pip install --require-hashes --requirement "$lock" </dev/null >&2 || return 1
    cp "$lock" "$VENV/locks/desktop.txt"
    say "Qt installed in $((SECONDS - started)) s"
}

# Makes the environment hold a toolkit; returns at once when it does already.
ensure_toolkit() {
    if has_gtk || is_installed desktop; then return; fi
    exec 9<"$ROOT/requirements/runtime.txt"
    ! command -v flock >/dev/null || flock 9
    has_gtk || is_installed desktop || fetch_gtk || fetch_qt || say "no toolkit could be installed"
    exec 9<&-
}

# What tests of windows need beside the environment. They skip what is missing, so nothing here ends a run.
offer_window_tests() {
    if command -v Xvfb >/dev/null && has_gtk_of_system; then return; fi
    say "the tests of the desktop window need Xvfb and GTK WebKit"
    apt_install xvfb "${GTK_PACKAGES[@]}" ||
        say "those tests are skipped; for them: sudo apt-get install xvfb ${GTK_PACKAGES[*]}"
}

has_gtk_of_system() { [[ -d $SYSTEM_GI ]] && compgen -G '/usr/lib/*/girepository-1.0/WebKit2-4.1.typelib' >/dev/null; }
