#!/bin/sh -eu
# The NumPy versions of the same counts beside the program, with the first Python that has NumPy.
#
# usage: bench_numpy.sh PROGRAM JSON
here=$(dirname "$0")/..
for python in ${PYTHON:-} python3 /usr/bin/python3; do
    if "$python" -c 'import numpy' 2>/dev/null; then
        exec "$python" "$here/bench/numpy_reference.py" "$1" --json "$2"
    fi
done
echo "bench: no Python with NumPy here (Debian: apt-get install python3-numpy): nothing to compare with"
