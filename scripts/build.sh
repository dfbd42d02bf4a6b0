#!/bin/sh
# build.sh - one build folder, configured and built; quiet unless something goes wrong.
#
#   scripts/build.sh NAME FOLDER [OPTION OF CMAKE...]
#
# JOBS=N: compilers at a time (default: one a processor). Sets up what is missing to build.
set -u
cd "$(dirname "$0")/.." || exit 1
name=$1 folder=$2
shift 2
unset MAKEFLAGS MFLAGS MAKELEVEL # this build has its own jobs, whatever make called it
jobs=${JOBS:-$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
if ! { command -v cmake && command -v pkg-config && pkg-config --exists jansson; } >/dev/null 2>&1; then
    scripts/setup.sh build || exit 1
fi
mkdir -p "$folder" || exit 1
log=$folder/build.log
if ! cmake -S . -B "$folder" "$@" >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
if ! cmake --build "$folder" --parallel "$jobs" >>"$log" 2>&1; then
    # The compiler's own words, not the lines of those that went well.
    grep -v -E '^(\[[ 0-9]+[%/]|make(\[[0-9]+\])?: (Enter|Leav))' "$log" | tail -n 60 >&2
    echo "build: $name failed; all of it is in $log" >&2
    exit 1
fi
if grep -E 'warning:' "$log" >&2; then
    echo "build: $name has warnings" >&2
fi
exit 0
