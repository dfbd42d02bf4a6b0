#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference values of elementary functions as hexadecimal double-doubles: elementary.py [-o DIR].

A result is the pair hi lo: hi is the value rounded to nearest double, lo the remainder value - hi rounded to nearest.
Inputs are exact doubles. 80 digits throughout.
"""
import argparse
import hashlib
import math
import os
import random
from fractions import Fraction

import mpmath
from mpmath import mp

mp.dps = 80


def exact(x):
    sign, man, exp, _ = mp.mpf(x)._mpf_
    v = Fraction(int(man)) * Fraction(2)**exp
    return -v if sign else v


def nearest(fr):
    """Nearest double, ties to even, subnormals included (Python divides integers correctly rounded)."""
    return fr.numerator / fr.denominator


def dd(x):
    v = exact(x)
    hi = nearest(v)
    lo = nearest(v - Fraction(hi))
    return "%s %s" % (hi.hex(), lo.hex())


def convergents(x, limit):
    """Numerators and denominators of the continued fraction of x with denominator <= limit."""
    p0, q0, p1, q1 = 1, 0, int(mp.floor(x)), 1
    out = [(p1, q1)]
    frac = x - mp.floor(x)
    while frac > mp.mpf(10)**-60:
        x = 1 / frac
        a = int(mp.floor(x))
        frac = x - a
        p0, q0, p1, q1 = p1, q1, a * p1 + p0, a * q1 + q0
        if q1 > limit:
            break
        out.append((p1, q1))
    return out


def sincos_lines():
    rng = random.Random(1)
    top = 2**31
    ws = [1.0, 0.5, 1e-12, 2.0**-40, 0.1, math.nextafter(1.0, 0.0)]
    ws += [theta**(-i / h) for theta, h in ((1e4, 64), (5e5, 64), (1e5, 32), (1e7, 128)) for i in (1, h // 3, h // 2, h - 1)]
    ws += [10.0**rng.uniform(-12, 0) for _ in range(24)]
    seen, out = set(), []

    def put(m, w):
        if (m, w) in seen or m > top:
            return
        seen.add((m, w))
        a = mp.mpf(m) * mp.mpf(w)
        out.append("%d %s %s %s" % (m, w.hex(), dd(mp.sin(a)), dd(mp.cos(a))))

    for w in ws:
        for m in (0, 1, 2, top - 1, top, 131071, 1048575):
            put(m, w)
        # m w close to a multiple of pi/2: m is the denominator of a convergent of w / (pi/2)
        found = convergents(mp.mpf(w) / (mp.pi / 2), top)
        for p, q in found[-6:]:
            put(q, w)
        # and close to an odd multiple of pi/4, the usual edge of the reduction
        for p, q in convergents(mp.mpf(w) / (mp.pi / 4), top)[-6:]:
            if p % 2:
                put(q, w)
        for _ in range(4):
            put(int(2.0**rng.uniform(0, 31)), w)
    return out


def exp_lines():
    rng = random.Random(2)
    xs = [0.0, 1.0, -1.0, 2.0**-54, -2.0**-54, 1e-300, -1e-300, 709.0, 709.7827128933840, -700.0, -708.0, 0.5, -0.5]
    for k in (1, 2, 3, 10, 100, 511, 1000):  # edges of the reduction by ln 2
        for s in (1, -1):
            x = nearest(exact(s * (k - 0.5) * mp.log(2)))
            xs += [x, math.nextafter(x, 1e9), math.nextafter(x, -1e9)]
            xs.append(nearest(exact(s * k * mp.log(2))))
    xs += [rng.uniform(-700, 700) for _ in range(40)] + [rng.uniform(-1, 1) for _ in range(30)]
    xs += [rng.choice((-1, 1)) * 10.0**rng.uniform(-18, 0) for _ in range(20)]
    return ["%s %s" % (x.hex(), dd(mp.exp(mp.mpf(x)))) for x in xs if -708.4 <= x < 709.79]


def log_lines():
    rng = random.Random(3)
    xs = [1.0, 2.0, 0.5, math.e, 1e4, 1e5, 5e5, 1e6, 1e7, 130000.0, 150000.0, 1e11, 5e-324, 2.2250738585072014e-308,
          1.7976931348623157e308, 2.0**-1022, 3e-310]
    for c in (1.0, 2.0, math.sqrt(0.5), math.sqrt(2.0), 0.75, 1.5):
        xs += [math.nextafter(c, 0.0), math.nextafter(c, 9.0)]
    for e in (3, 8, 16, 26, 40, 50):
        xs += [1 + 2.0**-e, 1 - 2.0**-e]
    xs += [2.0**rng.uniform(-1000, 1000) for _ in range(40)] + [rng.uniform(0.5, 2) for _ in range(30)]
    return ["%s %s" % (x.hex(), dd(mp.log(mp.mpf(x)))) for x in xs]


def pow_lines():
    out = []
    for theta in (1e4, 1e5, 5e5, 1e6, 1e7, 130000.0, 150000.0, 1e11):
        for d in (32, 64, 96, 128, 256):
            for i in sorted({0, 1, 2, 3, d // 8, d // 6, d // 4, d // 3, 3 * d // 8, d // 2 - 2, d // 2 - 1}):
                out.append("%s %d %d %s" % (theta.hex(), d, i, dd(mp.power(mp.mpf(theta), -mp.mpf(2 * i) / d))))
    return out


def phi_lines():
    rng = random.Random(4)
    xs = [0.0, -0.0, 1e-300, -1e-300, 1e-17, -1e-17, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 5.0, -5.0, 8.0, -8.0, -37.0, -37.5, -38.0,
          8.29, -0.4769362762044699, math.sqrt(0.5), -math.sqrt(0.5), -5.65, -5.66, 0.6629126073623882]
    xs += [-38 + i * 46 / 92 for i in range(93)] + [rng.uniform(-6, 6) for _ in range(60)] + [rng.uniform(-38, -6) for _ in range(25)]
    out, seen = [], set()
    for x in xs:
        if -38 <= x <= 8 and x.hex() not in seen:
            seen.add(x.hex())
            out.append("%s %s" % (x.hex(), dd(mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2)))
    return out


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("-o", default=os.path.join(here, "..", "..", "tests", "vectors", "elementary"))
    args = ap.parse_args()
    with open(os.path.abspath(__file__), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    os.makedirs(args.o, exist_ok=True)
    for name, what, columns, bound, lines in (
            ("sincos", "sin and cos of the exact product m w", "m w sin_hi sin_lo cos_hi cos_lo", "2^-100 absolute", sincos_lines()),
            ("exp", "e^x", "x hi lo", "2^-98 relative, or one subnormal step", exp_lines()),
            ("log", "natural logarithm", "x hi lo", "2^-98 relative", log_lines()),
            ("pow", "theta^(-2 i / d)", "theta d i hi lo", "2^-96 relative", pow_lines()),
            ("phi", "standard normal distribution function; below the normal range lo carries what a double can", "x hi lo",
             "4 ulp of hi", phi_lines())):
        with open(os.path.join(args.o, name + ".vec"), "w") as f:
            f.write("# topic: elementary/%s      definition: %s\n" % (name, what))
            f.write("# made-by: scripts/oracles/elementary.py   sha256: %s   mpmath %s, %d digits, hi and lo rounded once to double\n"
                    % (digest, mpmath.__version__, mp.dps))
            f.write("# columns: %s\n# bound: %s\n" % (columns, bound))
            f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
