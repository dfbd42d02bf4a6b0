#!/bin/sh
# fuzz.sh - every fuzz target for a while, with clang's libFuzzer, starting from its corpus.
#
#   scripts/fuzz.sh [SECONDS]        FUZZ_CC=clang-19, FUZZ_TARGETS="gguf qkfile" by default all
#
# New inputs stay in build/fuzz/corpus; a crash is written to build/fuzz/crashes and fails.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-60}
cc=${FUZZ_CC:-clang-19}
command -v "$cc" >/dev/null 2>&1 || {
    echo "fuzz: no $cc: set FUZZ_CC to a clang with libFuzzer (Debian: clang-19, libclang-rt-19-dev)" >&2
    exit 1
}
scripts/build.sh fuzz build/fuzz -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_C_FLAGS="-O1 -g -fsanitize=fuzzer-no-link" -DRW_FUZZ=ON \
    -DRW_SANITIZE=address,undefined || exit 1
status=0
mkdir -p build/fuzz/crashes
for source in tests/fuzz/fuzz_*.c; do
    parser=$(basename "$source" .c)
    parser=${parser#fuzz_}
    case " ${FUZZ_TARGETS:-$parser} " in *" $parser "*) ;; *) continue ;; esac
    mkdir -p "build/fuzz/corpus/$parser"
    dictionary=tests/fuzz/$parser.dict
    set -- "build/fuzz/corpus/$parser" "tests/fuzz/corpus/$parser" -max_total_time="$seconds" \
        -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -artifact_prefix="build/fuzz/crashes/$parser-"
    [ -e "$dictionary" ] && set -- "$@" -dict="$dictionary"
    log=build/fuzz/$parser.log
    if "build/fuzz/tests/fuzz_$parser" "$@" >"$log" 2>&1; then
        echo "fuzz: $parser: $(grep -E '^Done ' "$log" || echo 'Done')"
    else
        tail -n 40 "$log" >&2
        echo "fuzz: $parser FAILED: see $log and build/fuzz/crashes" >&2
        status=1
    fi
done
exit $status
