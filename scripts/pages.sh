# shellcheck shell=bash
# The pages, built where they are missing or out of date, and their sources judged. Sourced after lib.sh, never run. No
# failed build ends a start: without its pages LocalRouter serves all the same, and says at /ui/ how to build them.

build_pages() { "$PYTHON" -P "$ROOT/scripts/build_pages.py" "$@"; }

# Where there is no Node.js, the one of a Python package is fetched into the environment.
ensure_node() {
    say "the pages need Node.js: fetching one (about 60 MB, once)"
    (install_lock build)
}

ensure_pages() {
    local started=$SECONDS code=0
    build_pages --check || code=$?
    [[ $code -ne 0 ]] || return 0
    [[ $code -ne 130 ]] || interrupted
    if [[ $code -eq 4 ]] && ! ensure_node; then
        say "the pages are not built, since there is no Node.js for that. Everything else works without them."
        return 0
    fi
    say "building the pages (half a minute, once)"
    code=0
    build_pages || code=$?
    case "$code" in
        0) say "pages built in $((SECONDS - started)) s" ;;
        130) interrupted ;;
        *) say "everything else works without the pages" ;;
    esac
}

# The types, the style and the tests of the pages' sources.
judge_pages() {
    local code=0
    build_pages --judge || code=$?
    if [[ $code -eq 4 ]]; then
        ensure_node || {
            say "the pages could not be checked: there is no Node.js, and none could be fetched. Install nodejs and npm, or make pip reach its packages."
            return 1
        }
        code=0
        build_pages --judge || code=$?
    fi
    return "$code"
}

# Ctrl+C while something is fetched or built ends the start; what is not done is begun again the next time.
interrupted() {
    say "interrupted while the pages were being built; the next start begins again"
    exit 130
}

# What the tests of the pages need beside the pages. They skip what is missing, so nothing here ends a run.
offer_page_tests() {
    local name
    for name in chromium chromium-browser google-chrome; do
        ! command -v "$name" >/dev/null || return 0
    done
    say "the tests of the pages need Chromium (about 100 MB from your distribution, once)"
    apt_install chromium || say "those tests are skipped; for them: sudo apt-get install chromium"
}

# True where these arguments of scripts/run lead to a program that serves pages.
wants_pages() {
    local word
    for word in "$@"; do
        case "$word" in
            call | check | status | stop | launch | autostart | --help | -h | --version) return 1 ;;
        esac
    done
}
