#!/bin/bash
# check.sh - everything CI runs; `make check` is this.
#
# The last line is "N passed, N failed, N skipped": every test of every ctest run, every build and
# every lint step counts as one. What was skipped is listed with its reason above it. Exit status:
# 0 when nothing failed. JOBS=N: processes at a time (default: one a processor).
# SKIP_SETUP=1: install and download nothing.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD
unset MAKEFLAGS MFLAGS MAKELEVEL
export JOBS=${JOBS:-$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8 CTEST_OUTPUT_ON_FAILURE=1
if [ -z "${HOME:-}" ] || ! [ -w "$HOME" ]; then
    export HOME=$root/.deps/home
    mkdir -p "$HOME"
fi

passed=0 failed=0 skipped=0
failures=() skips=()
began=$SECONDS

finish() {
    [ ${#skips[@]} = 0 ] || printf 'SKIPPED: %s\n' "${skips[@]}"
    [ ${#failures[@]} = 0 ] || printf 'FAILED: %s\n' "${failures[@]}"
    echo "check: $((SECONDS - began)) s"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}
skip() { # name, why
    skipped=$((skipped + 1))
    skips+=("$1: $2")
}
fail() {
    failed=$((failed + 1))
    failures+=("$1")
}
# step NAME COMMAND...: one check; exit 77 is a skip whose reason is the last line it wrote.
step() {
    local name=$1 out code start=$SECONDS
    shift
    echo "== $name"
    out=$("$@" 2>&1)
    code=$?
    case $code in
    0) passed=$((passed + 1)) ;;
    77) skip "$name" "$(printf '%s' "$out" | tail -n 1)" ;;
    *)
        printf '%s\n' "$out" | tail -n 200
        fail "$name"
        ;;
    esac
    echo "   $name: exit $code, $((SECONDS - start)) s"
    [ $code = 0 ]
}
# tests NAME FOLDER [OPTION OF CTEST...]: one ctest run, counted test by test from its own report.
tests() {
    local name=$1 folder=$2 xml log start=$SECONDS kind rest n=0
    shift 2
    xml=$root/$folder/ctest.xml log=$root/$folder/ctest.log
    rm -f "$xml"
    echo "== $name"
    (cd "$folder" && ctest --parallel "$JOBS" --output-junit "$xml" "$@") >"$log" 2>&1
    while IFS=$'\t' read -r kind rest; do
        n=$((n + 1))
        case $kind in
        passed) passed=$((passed + 1)) ;;
        skipped) skip "$name: ${rest%%$'\t'*}" "${rest#*$'\t'}" ;;
        *) fail "$name: ${rest%%$'\t'*}" ;;
        esac
    done < <(python3 scripts/ctest_report.py "$xml")
    if [ $n = 0 ]; then
        tail -n 30 "$log"
        fail "$name: no test ran"
    fi
    grep -q 'Failed' "$log" && python3 scripts/ctest_report.py --failures "$xml"
    echo "   $name: $n tests, $((SECONDS - start)) s"
}
sources() { # the C files of these folders that git knows, or all where there is no git
    { git -c safe.directory="$root" ls-files -- "$@" 2>/dev/null | grep . ||
        find "$@" -type f; } | grep -E '\.[ch]$' | sort
}
have() { command -v "$1" >/dev/null 2>&1; }

check_format() {
    have clang-format || {
        echo "no clang-format"
        return 77
    }
    sources include src runner tests | xargs -n 16 -P "$JOBS" clang-format --dry-run -Werror
}
check_tidy() {
    have clang-tidy || {
        echo "no clang-tidy"
        return 77
    }
    local known
    known=$(python3 -c 'import json, sys
print("\n".join(e["file"] for e in json.load(open(sys.argv[1]))))' build/check/compile_commands.json)
    sources src runner | grep '\.c$' | grep -v '/test_' |
        while read -r file; do
            printf '%s\n' "$known" | grep -q -x -F "$root/$file" && echo "$file"
        done >build/check/tidy.files
    # A log each: findings go to standard output, and processes side by side would mix their lines.
    rm -rf build/check/tidy
    mkdir -p build/check/tidy
    # shellcheck disable=SC2016
    xargs -n 1 -P "$JOBS" bash -c 'clang-tidy -p build/check --quiet "$1" \
        >"build/check/tidy/${1//\//.}.log" 2>&1' tidy <build/check/tidy.files || {
        cat build/check/tidy/*.log
        echo "all findings:"
        grep -h -E 'error: |^[Ee]rror|No such file' build/check/tidy/*.log | sort -u
        return 1
    }
}
check_cppcheck() {
    have cppcheck || {
        echo "no cppcheck"
        return 77
    }
    cppcheck -j "$JOBS" --quiet --error-exitcode=1 --std=c11 --inline-suppr --library=posix \
        --enable=warning,performance,portability,style --suppressions-list=scripts/cppcheck.txt \
        --include=scripts/cppcheck.h \
        -I src -I include -I build/check/generated \
        --template='{file}:{line}: {severity} {id}: {message}' src runner
}
check_shell() {
    local file bad=0
    for file in scripts/*.sh .ci/run; do
        bash -n "$file" || bad=1
        ! have shellcheck || shellcheck -S warning "$file" || bad=1
    done
    return $bad
}
check_python() {
    git -c safe.directory="$root" ls-files '*.py' 2>/dev/null | grep . >build/check/python.files ||
        find scripts tests -name '*.py' >build/check/python.files
    xargs python3 -c 'import sys
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as f:
        compile(f.read(), path, "exec")' <build/check/python.files
}

if [ -z "${SKIP_SETUP:-}" ]; then
    echo "== setup"
    scripts/setup.sh check || {
        fail setup
        finish
    }
fi

mkdir -p build/check
step "build: release, warnings are errors" scripts/build.sh check build/check \
    -DCMAKE_BUILD_TYPE=Release -DRW_WERROR=ON -DBUILD_TESTING=ON ||
    scripts/build.sh check build/check -DRW_WERROR=OFF || finish # a warning hides no test
tests "tests" build/check

step "build: address and undefined sanitizers" scripts/build.sh asan build/asan \
    -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS_DEBUG=-O1 -g" -DRW_WERROR=ON -DBUILD_TESTING=ON \
    -DRW_SANITIZE=address,undefined,float-cast-overflow &&
    UBSAN_OPTIONS=print_stacktrace=1 tests "sanitizers" build/asan -L fast

clang=
for cc in clang-19 clang-20 clang-18 clang; do
    have "$cc" && { clang=$cc && break; }
done
if [ -n "$clang" ]; then
    step "build: $clang, warnings are errors" scripts/build.sh clang build/clang \
        -DCMAKE_C_COMPILER="$clang" -DCMAKE_BUILD_TYPE=Release -DRW_WERROR=ON -DBUILD_TESTING=ON
else
    skip "build: clang" "no clang"
fi

step "clang-format" check_format
step "clang-tidy" check_tidy
step "cppcheck" check_cppcheck
step "shell" check_shell
step "python" check_python
finish
