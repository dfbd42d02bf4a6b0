#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference counts and predictions for `measure`, straight from the published definitions.

Usage: events.py [-o DIR] [--only NAME,NAME]   write the vectors (default: tests/vectors/measure)
       events.py --check FILE.expected.json    recount an existing vector and compare

Scores are exact to more than 60 digits: the float64 coefficients z_n, c and frequencies w_n are taken as exact rational
numbers, cos(m w_n) and sin(m w_n) come from MPFR at 288 bits and are kept as integers over 2^240, and everything after
that (sums, comparisons, rounding to the dtype) is integer arithmetic. Two values that are not identical by construction
and lie closer than 1e-40 stop the program. Moments are sums over the scores, never a closed form.
"""
import argparse
import bisect
import collections
import hashlib
import json
import math
import os
import random
import struct
import sys

import gmpy2
import mpmath
import numpy as np
from gmpy2 import mpfr, mpz
from mpmath import mp

mp.dps = 60
BITS = 240  # fractional bits of the trigonometric tables: 72 digits
ZETA = 0.01
NEAR = 0.1
# significand bits, least and greatest exponent of a normal number, greatest finite value, saturates
DTYPES = {
    "bf16": (8, -126, 127, (2 - 2.0**-7) * 2.0**127, False),
    "f16": (11, -14, 15, 65504.0, False),
    "f32": (24, -126, 127, (2 - 2.0**-23) * 2.0**127, False),
    "e4m3": (4, -6, 8, 448.0, True),
    "e5m2": (3, -14, 15, 57344.0, False),
}


# ---------------------------------------------------------------- files

def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def to_bf16_bits(x):
    """float -> bf16 bits, nearest even, of a value that is already a float32."""
    u = struct.unpack("<I", struct.pack("<f", x))[0]
    return (u + 0x7FFF + ((u >> 16) & 1)) >> 16


def encode(rows, dtype):
    flat = [x for r in rows for x in r]
    if dtype == "F64":
        return struct.pack("<%dd" % len(flat), *flat)
    if dtype == "F32":
        return struct.pack("<%df" % len(flat), *flat)
    if dtype == "F16":
        return struct.pack("<%de" % len(flat), *flat)
    if dtype == "BF16":
        return struct.pack("<%dH" % len(flat), *[to_bf16_bits(f32(x)) for x in flat])
    raise ValueError(dtype)


def write_safetensors(path, tensors):
    header, body = {}, b""
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


def read_safetensors(path):
    """name -> (shape, flat list of Python floats), the values converted exactly to float64."""
    with open(path, "rb") as f:
        blob = f.read()
    n = struct.unpack("<Q", blob[:8])[0]
    out = {}
    for name, t in json.loads(blob[8:8 + n]).items():
        if name == "__metadata__":
            continue
        raw = blob[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]]
        if t["dtype"] == "BF16":
            vals = [struct.unpack("<f", struct.pack("<I", u << 16))[0]
                    for u in struct.unpack("<%dH" % (len(raw) // 2), raw)]
        else:
            code, size = {"F64": ("d", 8), "F32": ("f", 4), "F16": ("e", 2)}[t["dtype"]]
            vals = list(struct.unpack("<%d%s" % (len(raw) // size, code), raw))
        out[name] = (t["shape"], vals)
    return out


def rows_of(tensor):
    (n, d), v = tensor
    return [v[i * d:(i + 1) * d] for i in range(n)]


# ---------------------------------------------------------------- definition of the scores

def frequencies(theta, h):
    """float64 nearest to theta^(-n/h)."""
    return [float(mp.power(mp.mpf(theta), -mp.mpf(n) / h)) for n in range(h)]


def coefficients(q, k, h, pairs, s, a):
    """z_n as pairs of float64 and c as float64, every operation rounded once, in this order."""
    f = (s * a) * a
    z = []
    for n in range(h):
        i, j = (n, n + h) if pairs == "half" else (2 * n, 2 * n + 1)
        re = q[i] * k[i] + q[j] * k[j]
        im = q[j] * k[i] - q[i] * k[j]
        z.append((f * re, f * im))
    acc = 0.0
    for i in range(2 * h, len(q)):
        acc += q[i] * k[i]
    return z, s * acc


def as_int(x, shift):
    """x * 2^shift as an exact integer."""
    n, d = float(x).as_integer_ratio()
    e = d.bit_length() - 1
    assert shift >= e, "coefficient too fine for the fixed point"
    return mpz(n) << (shift - e)


class Table:
    """cos(m w), sin(m w) over 2^BITS for every frequency, m < count."""

    def __init__(self, w, count):
        self.w = w
        ctx = gmpy2.get_context()
        ctx.precision = 288
        self.cos, self.sin = [], []
        for x in w:
            cs, sn = [], []
            if x == 0:
                cs, sn = [mpz(1) << BITS] * count, [mpz(0)] * count
            else:
                xw = mpfr(x)
                for m in range(count):
                    s, c = gmpy2.sin_cos(xw * m)
                    cs.append(mpz(gmpy2.rint(gmpy2.mul_2exp(c, BITS))))
                    sn.append(mpz(gmpy2.rint(gmpy2.mul_2exp(s, BITS))))
            self.cos.append(cs)
            self.sin.append(sn)


ZSHIFT = 400  # fractional bits of the coefficients; the denominator of a score is 2^(BITS + ZSHIFT)
K = BITS + ZSHIFT
TINY = (mpz(1) << K) // mpz(10)**40


class Score:
    def __init__(self, table, z, c, count, zero_vector):
        self.w, self.z, self.zero_vector = table.w, z, zero_vector
        total = [as_int(c, ZSHIFT) << BITS] * count
        for n, (re, im) in enumerate(z):
            a, b = as_int(re, ZSHIFT), as_int(im, ZSHIFT)
            if a == 0 and b == 0:
                continue
            cs, sn = table.cos[n], table.sin[n]
            total = [t + a * cs[m] - b * sn[m] for m, t in enumerate(total)]
        self.s = total
        self.turning = [i for i in range(len(z)) if table.w[i] != 0]
        self.constant = all(z[i] == (0.0, 0.0) for i in self.turning)
        self.amp2 = [mp.mpf(z[i][0])**2 + mp.mpf(z[i][1])**2 for i in self.turning]
        self.sum_a = mp.fsum(mp.sqrt(x) for x in self.amp2)


def real(n):
    return mp.mpf(int(n)) / mp.mpf(2)**K


def check_apart(values, allow_equal):
    """Sorted list of integers: neighbours are equal by construction or further apart than 1e-40."""
    for x, y in zip(values, values[1:]):
        d = y - x
        if d == 0:
            if not allow_equal:
                raise SystemExit("two scores are equal without reason")
        elif d < TINY:
            raise SystemExit("two scores are closer than 1e-40")


# ---------------------------------------------------------------- rounding

def rnd(x, dtype):
    """(key, overflow) of the integer x over 2^K; equal keys are equal numbers."""
    p, emin, emax, top, saturates = DTYPES[dtype]
    if x == 0:
        return 0, False
    ax = abs(x)
    e = ax.bit_length() - 1 - K
    ulp_exp = max(e, emin) - (p - 1)
    shift = K + ulp_exp  # value = r * 2^ulp_exp
    low = emin - (p - 1)
    quo, rem = divmod(ax, mpz(1) << shift)
    half = mpz(1) << (shift - 1)
    gap = abs(rem - half)
    if gap != 0 and gap < TINY:
        raise SystemExit("a score is closer than 1e-40 to a rounding boundary")
    if rem > half or (rem == half and quo & 1):
        quo += 1
    key = quo << (ulp_exp - low)
    limit = mpz(int(top)) << -low if top >= 1 else None
    over = key > limit
    if over:
        key = limit if saturates else mpz(-1)
        if not saturates:
            return ("+inf" if x > 0 else "-inf"), True
    return (key if x > 0 else -key), over


def cell_values(dtype):
    """All finite values >= 0 of a narrow dtype in order, as exact floats."""
    p, emin, emax, top, _ = DTYPES[dtype]
    out = [i * 2.0**(emin - p + 1) for i in range(2**(p - 1))]
    for e in range(emin, emax + 1):
        for i in range(2**(p - 1), 2**p):
            v = i * 2.0**(e - p + 1)
            if v <= top:
                out.append(v)
    return out


_bounds = {}


def cell_bounds(dtype):
    """Boundaries between neighbouring cells, ascending; the outermost cells are unbounded."""
    if dtype not in _bounds:
        p, emin, emax, top, saturates = DTYPES[dtype]
        v = cell_values(dtype)
        pos = [(x + y) / 2 for x, y in zip(v, v[1:])]
        if not saturates:
            pos.append(top + 2.0**(emax - p + 1) / 2)
        _bounds[dtype] = [-x for x in reversed(pos)] + pos
    return _bounds[dtype]


def wide_pieces(dtype, centre, reach, fine):
    """f32: split the line by binades into ('cells', boundaries) and ('fine', lo, hi, width) where width < fine."""
    p, emin, emax, top, _ = DTYPES[dtype]
    lo, hi = centre - reach, centre + reach
    out = []

    def one_sign(sign):
        a, b = (lo, hi) if sign > 0 else (-hi, -lo)
        a = max(a, 0.0)
        if b <= 0:
            return
        for e in range(emin - 1, emax + 1):
            left = 0.0 if e < emin else 2.0**e
            right = 2.0**max(e + 1, emin)
            width = 2.0**(max(e, emin) - p + 1)
            x, y = max(left, a), min(right, b)
            if x >= y:
                continue
            if width < fine:
                x1, y1 = x, y
                if x == left and left > 0:  # the first cell of a binade reaches into the finer one below
                    out.append(("cell", left - (width / 4 if e > emin else width / 2), left + width / 2, width, sign))
                    x1 = left + width / 2
                if y == right:
                    y1 = right - width / 2
                if x1 < y1:
                    out.append(("fine", x1, y1, width, sign))
            else:
                i0, i1 = int(math.floor(x / width)), int(math.ceil(y / width))
                i0, i1 = max(i0, int(left / width)), min(i1, int(right / width))
                lower = width / 2 if (e <= emin or i0 * width > left) else width / 4
                if i1 - i0 > 1000000:
                    raise SystemExit("too many cells")
                for i in range(i0, i1):
                    c = i * width
                    left_edge = c - (lower if i == i0 else width / 2)
                    out.append(("cell", left_edge, c + width / 2, width, sign))

    one_sign(1)
    one_sign(-1)
    return out


# ---------------------------------------------------------------- normal law

def phi_mp(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def upper_tail(t):
    """1 - Phi(t) at 140 bits, t an mpfr."""
    return gmpy2.erfc(t * SQRT_HALF) / 2


gmpy2.get_context().precision = 288
SQRT_HALF = 1 / gmpy2.sqrt(mpfr(2))


def to_mpfr(x):
    return mpfr(mp.nstr(x, 62))


def interval_probs(bounds, mu, sigma):
    """Probabilities of the len(bounds)+1 cells under N(mu, sigma^2); bounds are floats, mu and sigma mpf."""
    ctx = gmpy2.get_context()
    old, ctx.precision = ctx.precision, 140
    m, r, s2 = to_mpfr(mu), 1 / to_mpfr(sigma), SQRT_HALF
    out, last_side, last = [], None, None
    tail = []
    for b in bounds:
        t = (b - m) * r
        if t > 39:
            tail.append((1, mpfr(0)))
        elif t < -39:
            tail.append((-1, mpfr(0)))
        elif t >= 0:
            tail.append((1, gmpy2.erfc(t * s2) / 2))
        else:
            tail.append((-1, gmpy2.erfc(-t * s2) / 2))
    one = mpfr(1)

    def below(x):
        return x[1] if x[0] < 0 else one - x[1]

    out.append(below(tail[0]))
    for x, y in zip(tail, tail[1:]):
        if x[0] < 0 and y[0] < 0:
            out.append(y[1] - x[1])
        elif x[0] > 0 and y[0] > 0:
            out.append(x[1] - y[1])
        else:
            out.append(one - x[1] - y[1])
    out.append(one - below(tail[-1]))
    ctx.precision = old
    return out


def alias_rates(dtype, mu, sigma, count):
    """(sum p^2, 1 - sum p (1-p)^(count-1)) over the rounding cells."""
    if dtype != "f32":
        pairs = dist = mpfr(0)
        for p in interval_probs(cell_bounds(dtype), mu, sigma):
            if p > 0:
                pairs += p * p
                dist += p * (1 - (1 - p)**(count - 1)) if p > 1e-30 else (count - 1) * p * p
        return float(pairs), float(dist)
    sg, m = float(sigma), float(mu)
    sums = [mpfr(0)] * 9  # sum over cells of p^j
    for kind, x, y, width, sign in wide_pieces(dtype, m, 14 * sg, 1e-5 * sg):
        if kind == "cell":
            lo, hi = (x, y) if sign > 0 else (-y, -x)
            p = mpfr(str(mp.nstr(phi_mp((mp.mpf(hi) - mu) / sigma) - phi_mp((mp.mpf(lo) - mu) / sigma), 40)))
            for j in range(2, 9):
                sums[j] += p**j
            continue
        lo, hi = (x, y) if sign > 0 else (-y, -x)
        for j in range(2, 9):
            # width^(j-1) * integral of phi^j: the j-th power of a normal density is a normal density with sigma/sqrt j
            r = mp.sqrt(j) / sigma
            part = phi_mp((mp.mpf(hi) - mu) * r) - phi_mp((mp.mpf(lo) - mu) * r)
            scale = (mp.mpf(width) / (mp.sqrt(2 * mp.pi) * sigma))**(j - 1) / mp.sqrt(j)
            sums[j] += mpfr(mp.nstr(part * scale, 40))
    dist = mpfr(0)
    for j in range(2, 9):  # p (1 - (1-p)^n) = sum_j (-1)^(j) C(n, j-1) p^j
        dist += (-1)**j * gmpy2.comb(count - 1, j - 1) * sums[j]
    return float(sums[2]), float(dist)


_erfc = np.frompyfunc(math.erfc, 1, 1)


def ndiff(a, b):
    """Phi(b) - Phi(a) in float64 without cancellation in the tails, arrays, a <= b."""
    flip = a > 0
    lo, hi = np.where(flip, -b, a), np.where(flip, -a, b)
    r = math.sqrt(0.5)
    return (_erfc(-hi * r).astype(float) - _erfc(-lo * r).astype(float)) / 2


def crossing_edges(m1, m2, beta):
    """f32: edges of the cells near the point where y = m2 + beta (x - m1) meets y = x; elsewhere no cell holds both."""
    if abs(1 - beta) < mp.mpf(10)**-40:
        if abs(m1 - m2) < mp.mpf(10)**-40:
            return None
        raise SystemExit("parallel scores are not covered")
    x = float((m2 - beta * m1) / (1 - beta))
    ulp = 2.0**(max(math.frexp(x)[1], -125) - 24)
    n = int(8 / abs(1 - float(beta))) + 8
    if n > 100000 or n * ulp > abs(x) / 4:
        raise SystemExit("nearly parallel scores are not covered")
    values = [float(np.float32(x))]
    for step in (np.float32(np.inf), np.float32(-np.inf)):
        v = np.float32(x)
        for _ in range(n):
            v = np.nextafter(v, step)
            values.append(float(v))
    values.sort()
    return [(a + b) / 2 for a, b in zip(values, values[1:])]


def joint_rate(dtype, m1, m2, v1, v2, cov):
    """P(S1 and S2 in the same rounding cell) under the bivariate normal law."""
    s1, s2 = mp.sqrt(v1), mp.sqrt(v2)
    rest = v2 - cov * cov / v1  # variance of S2 given S1
    beta = cov / v1
    if rest <= mp.mpf(10)**-24 * v2:  # S2 is an affine function of S1, but for the rounding of z_n
        if dtype == "f32":
            edges = crossing_edges(m1, m2, beta)
            if edges is None:
                return 1.0
        else:
            edges = [-math.inf] + list(cell_bounds(dtype)) + [math.inf]
        total = mp.mpf(0)
        for lo, hi in zip(edges, edges[1:]):
            if hi < m1 - 40 * s1 or lo > m1 + 40 * s1:
                continue
            back = [m1 + (mp.mpf(e) - m2) / beta for e in (lo, hi)]
            a, b = max(mp.mpf(lo), min(back)), min(mp.mpf(hi), max(back))
            if a < b:
                total += phi_mp((b - m1) / s1) - phi_mp((a - m1) / s1)
        return float(total)
    f1, f2, fs1, fs2, fb, fc = (float(x) for x in (m1, m2, s1, s2, beta, mp.sqrt(rest)))
    lo_x, hi_x = f1 - 14 * fs1, f1 + 14 * fs1
    total = 0.0
    if dtype == "f32":
        vd = v1 + v2 - 2 * cov
        on_diagonal = mp.exp(-(m1 - m2)**2 / (2 * vd)) / mp.sqrt(2 * mp.pi * vd)
        var = (v1 * v2 - cov * cov) / vd
        mean = (m1 * (v2 - cov) + m2 * (v1 - cov)) / vd
        sd = mp.sqrt(var)
        cells = []
        for kind, x, y, width, sign in wide_pieces(dtype, float(mean), 14 * max(float(sd), fs1), 1e-5 * min(fc, fs1, fs2)):
            a, b = (x, y) if sign > 0 else (-y, -x)
            if kind == "cell":
                cells.append((a, b))
            else:
                total += float(width * on_diagonal * (phi_mp((b - mean) / sd) - phi_mp((a - mean) / sd)))
        lo, hi = np.array([c[0] for c in cells]), np.array([c[1] for c in cells])
    else:
        b = np.array(cell_bounds(dtype))
        lo, hi = np.concatenate([[-np.inf], b]), np.concatenate([b, [np.inf]])
    if len(lo) == 0:
        return total
    near = (hi > lo_x) & (lo < hi_x)
    lo, hi = lo[near], hi[near]
    narrow = (hi - lo) < 0.05 * min(fc, fs1, fs2, fc / abs(fb) if fb else fc)
    g, wt = np.polynomial.legendre.leggauss(6)
    a, b = lo[narrow], hi[narrow]
    if len(a):
        mid, half = (a + b) / 2, (b - a) / 2
        for gx, wx in zip(g, wt):
            x = mid + half * gx
            dx = np.exp(-((x - f1) / fs1)**2 / 2) / (fs1 * math.sqrt(2 * math.pi))
            for gy, wy in zip(g, wt):
                y = mid + half * gy
                dy = np.exp(-((y - f2 - fb * (x - f1)) / fc)**2 / 2) / (fc * math.sqrt(2 * math.pi))
                total += float(np.sum(wx * wy * half * half * dx * dy))
    g, wt = np.polynomial.legendre.leggauss(24)
    step = 0.25 * min(fs1, fc / abs(fb) if fb else fs1)
    for a, b in zip(lo[~narrow], hi[~narrow]):
        x0, x1 = max(a, lo_x), min(b, hi_x)
        n = max(1, int(math.ceil((x1 - x0) / step)))
        edge = np.linspace(x0, x1, n + 1)
        mid, half = (edge[1:] + edge[:-1]) / 2, (edge[1:] - edge[:-1]) / 2
        x = mid[:, None] + half[:, None] * g[None, :]
        dx = np.exp(-((x - f1) / fs1)**2 / 2) / (fs1 * math.sqrt(2 * math.pi))
        cm = f2 + fb * (x - f1)
        total += float(np.sum(half[:, None] * wt[None, :] * dx * ndiff((a - cm) / fc, (b - cm) / fc)))
    return total


def moments(ints):
    n = len(ints)
    total = sum(ints)
    mean = real(total) / n
    # n * sum x^2 - (sum x)^2 as one integer: no cancellation
    return mean, mp.mpf(int(n * sum(x * x for x in ints) - total * total)) / (mp.mpf(n)**2 * mp.mpf(2)**(2 * K))


def noise(var, sum_a):
    return var <= mp.mpf(10)**-12 * sum_a**2


def kolmogorov(ints, sum_a):
    if not ints:
        return None
    mu, var = moments(ints)
    if noise(var, sum_a):
        return None
    ctx = gmpy2.get_context()
    old, ctx.precision = ctx.precision, 140
    m, r = to_mpfr(mu), SQRT_HALF / to_mpfr(mp.sqrt(var))
    n, worst, i = len(ints), mpfr(0), 0
    values = sorted(ints)
    while i < n:
        j = bisect.bisect_right(values, values[i])
        p = gmpy2.erfc((m - gmpy2.div_2exp(mpfr(values[i]), K)) * r) / 2
        worst = max(worst, abs(p - mpfr(i) / n), abs(p - mpfr(j) / n))
        i = j
    ctx.precision = old
    return float(worst)


# ---------------------------------------------------------------- events

def inversion(near, far, allow_equal):
    a = sorted(near)
    check_apart(sorted(near + far), allow_equal)
    count = ties = 0
    for x in far:
        lo, hi = bisect.bisect_left(a, x), bisect.bisect_right(a, x)
        count += lo
        ties += hi - lo
    return {"count": int(count), "ties": int(ties), "total": len(near) * len(far)}


def same_pairs(keys):
    return sum(c * (c - 1) // 2 for c in collections.Counter(keys).values())


def near_pairs(ints):
    """Unordered pairs closer than NEAR."""
    v = sorted(ints)
    limit = as_int(NEAR, ZSHIFT) << BITS
    j = count = 0
    for i, x in enumerate(v):
        while x - v[j] >= limit:
            if x - v[j] < limit + TINY and x - v[j] != limit:
                raise SystemExit("a difference is closer than 1e-40 to the threshold")
            j += 1
        count += i - j
    return int(count)


def maybe(x):
    return None if x is None else float(x)


def single_events(sc, M, keys, overflow, dtype, cache):
    s = sc.s[:M]
    half = M // 2
    near, far = s[:half], s[half:]
    if not cache:
        mu, var = moments(s)
        nm = moments(near) if near else (None, None)
        fm = moments(far)
        inv = inversion(near, far, sc.constant)
        predicted = None
        if near and not noise(nm[1] + fm[1], sc.sum_a):
            predicted = float(phi_mp(-(nm[0] - fm[0]) / mp.sqrt(nm[1] + fm[1])))
        inv["measured"] = inv["count"] / inv["total"] if inv["total"] and not sc.zero_vector else None
        inv["predicted"] = predicted
        cache["position_inversion"] = inv
        local = None
        if M >= 258:
            local = inversion(sc.s[1:129], far, sc.constant)
        cache["position_inversion_local"] = local
        beyond = None
        if M <= 1024:
            beyond = inversion(sc.s[M + 1:2 * M + 1], sc.s[2 * M + 1:3 * M + 1], sc.constant)
        cache["position_inversion_beyond"] = beyond
        cache["near_aliasing"] = {"pairs": near_pairs(s)}
        u2 = mp.fsum(sc.amp2)
        count, total, worst, score = 0, M - 1, None, None
        if u2 > 0 and total > 0:
            zeta2 = mp.mpf(ZETA)**2 * u2
            ratios = []
            for x, y in zip(s, s[1:]):
                d = abs(real(y - x))
                if abs(d * d - zeta2) < mp.mpf(10)**-40 * u2:
                    raise SystemExit("a step is closer than 1e-40 to the threshold")
                count += d * d < zeta2
                ratios.append(d)
            u = mp.sqrt(u2)
            worst, score = float(max(ratios) / u), float(mp.fsum(ratios) / (len(ratios) * u))
        cache["positional_insensitivity"] = {
            "count": int(count), "total": total, "measured": count / total if score is not None else None,
            "zeta": ZETA, "positional_score": score, "max": worst}
        gone = sc.zero_vector
        cache["moments"] = {k: None if gone else maybe(v) for k, v in (
            ("mean", mu), ("variance", var), ("near_mean", nm[0]), ("near_variance", nm[1]),
            ("far_mean", fm[0]), ("far_variance", fm[1]))}
        u4 = mp.fsum(x * x for x in sc.amp2)
        cache["certificate"] = {
            "ks_near": kolmogorov(near, sc.sum_a), "ks_far": kolmogorov(far, sc.sum_a),
            "n_eff": float(u2 * u2 / u4) if u4 else None, "max_share": float(max(sc.amp2) / u2) if u2 else None}
        cache["raw"] = (mu, var)
    mu, var = cache["raw"]
    rates = (None, None)
    if M > 1 and not noise(var, sc.sum_a):
        rates = alias_rates(dtype, mu, mp.sqrt(var), M)
    counts = collections.Counter(keys)
    total = M * (M - 1) // 2
    alias = {"pairs": same_pairs(keys), "distances": sum(c for c in counts.values() if c > 1), "overflow": overflow,
             "total": total, "measured": same_pairs(keys) / total if total and not sc.zero_vector else None,
             "predicted": rates[0], "predicted_distances": rates[1]}
    out = {k: v for k, v in cache.items() if k != "raw"}
    return {"position_inversion": out.pop("position_inversion"), "position_aliasing": alias, **out}


def double_events(a, b, M, ka, kb, dtype, cache):
    """Events of the keys with scores a (k1) and b (k2); ka and kb are their rounded scores."""
    sa, sb = a.s[:M], b.s[:M]
    if not cache:
        tie = sa[0] == sb[0]
        first, second = (sa, sb) if sa[0] >= sb[0] else (sb, sa)
        diff = [x - y for x, y in zip(first, second)]
        dz = [(mp.mpf(x[0]) - y[0])**2 + (mp.mpf(x[1]) - y[1])**2
              for i, (x, y) in enumerate(zip(a.z, b.z)) if a.w[i] != 0]
        sum_d = mp.fsum(mp.sqrt(x) for x in dz)
        for m, d in enumerate(diff):
            if abs(d) < TINY and d != 0 or d == 0 and not (sum_d == 0 or m == 0):
                raise SystemExit("two scores are too close to compare")
        count = sum(d < 0 for d in diff)
        md, vd = moments(diff)
        predicted = None
        if not tie and not noise(vd, sum_d):
            predicted = float(phi_mp(-md / mp.sqrt(vd)))
        cache["token_inversion"] = {"count": int(count), "total": M, "measured": None if tie else count / M,
                                    "predicted": predicted, "reference_tie": bool(tie)}
        ma, va = moments(sa)
        mb, vb = moments(sb)
        n = M
        cov = mp.mpf(int(n * sum(x * y for x, y in zip(sa, sb)) - sum(sa) * sum(sb))) / (mp.mpf(n)**2 * mp.mpf(2)**(2 * K))
        cache["raw"] = (ma, va, mb, vb, cov)
        cache["joint_moments"] = {"mean1": float(ma), "variance1": float(va), "mean2": float(mb), "variance2": float(vb),
                                  "covariance": float(cov), "difference_mean": float(md),
                                  "difference_variance": float(vd)}
        cache["certificate"] = {"ks_difference": kolmogorov(diff, sum_d)}
    ma, va, mb, vb, cov = cache["raw"]
    same = sum(x == y for x, y in zip(ka, kb))
    predicted = None
    if not noise(va, a.sum_a) and not noise(vb, b.sum_a):
        predicted = joint_rate(dtype, ma, mb, va, vb, cov)
    ca, cb = collections.Counter(ka), collections.Counter(kb)
    cross = sum(n * cb[k] for k, n in ca.items()) - same
    return {
        "token_inversion": cache["token_inversion"],
        "token_aliasing": {"count": same, "total": M, "measured": same / M, "predicted": predicted},
        "attention_invariance": {"pairs": same_pairs(list(zip(ka, kb))), "total": M * (M - 1) // 2},
        "cross_aliasing": {"pairs": int(cross), "total": M * (M - 1)},
        "joint_moments": cache["joint_moments"], "certificate": cache["certificate"]}


def evaluate(head, tensors, contexts, dtypes, log=None):
    """Contexts list as in `measure --json`."""
    q, k = rows_of(tensors["q"]), rows_of(tensors["k"])
    h = head["rotary_dim"] // 2
    w = tensors["inv_freq"][1] if "inv_freq" in tensors else frequencies(head["rope_theta"], h)
    assert len(w) == h
    count = max(3 * M + 1 if M <= 1024 else M for M in contexts)
    table = Table(w, count)
    scores = {}
    for i, x in enumerate(q):
        for j, y in enumerate(k):
            z, c = coefficients(x, y, h, head["pairs"], head["score_scale"], head.get("attn_factor", 1.0))
            scores[i, j] = Score(table, z, c, count, not any(x) or not any(y))
    rounded = {}
    for d in dtypes:
        for key, sc in scores.items():
            rounded[d, key] = [rnd(v, d) for v in sc.s[:max(contexts)]]
    out = []
    for M in contexts:
        memo = collections.defaultdict(dict)
        for d in dtypes:
            single, double = [], []
            for i in range(len(q)):
                for j in range(len(k)):
                    r = rounded[d, (i, j)][:M]
                    single.append({"q": i, "k": j, **single_events(
                        scores[i, j], M, [x[0] for x in r], sum(x[1] for x in r), d, memo[i, j])})
                for j in range(len(k)):
                    for l in range(j + 1, len(k)):
                        double.append({"q": i, "k1": j, "k2": l, **double_events(
                            scores[i, j], scores[i, l], M, [x[0] for x in rounded[d, (i, j)][:M]],
                            [x[0] for x in rounded[d, (i, l)][:M]], d, memo[i, j, l])})
            out.append({"context": M, "dtype": d, "single": single, "double": double})
            if log:
                log("  M=%d %s" % (M, d))
    return out


# ---------------------------------------------------------------- cases

def gauss(seed, rows, dim, scale=1.0):
    r = random.Random(seed)
    return [[f32(scale * r.gauss(0, 1)) for _ in range(dim)] for _ in range(rows)]


def case_list():
    out = {}

    def add(name, q, k, store, theta, contexts, dtypes, rotary=None, pairs="half", s=1.0, a=1.0, inv_freq=None, about=""):
        out[name] = dict(q=q, k=k, store=store, theta=theta, contexts=contexts, dtypes=dtypes, rotary=rotary or len(q[0]),
                         pairs=pairs, s=s, a=a, inv_freq=inv_freq, about=about)

    add("gauss64", gauss(11, 2, 64), gauss(12, 2, 64), "F32", 1e5, [1, 2, 3, 512, 4096], ["bf16", "f16", "f32"],
        about="Gaussian vectors, 32 pairs, contexts 1, 2 and 3 included")
    add("partial80_interleaved", gauss(21, 1, 80), gauss(22, 3, 80), "F16", 1e4, [2048], ["bf16", "e4m3", "e5m2"], rotary=32,
        pairs="interleaved", about="32 of 80 dimensions rotated, adjacent pairs")
    add("aligned128_60", [[1.0] * 64 + [0.0] * 64], [[1.0] * 64 + [0.0] * 64], "F64", 5e5, [1024, 4096], ["bf16"],
        about="phase-aligned key: every z_n = 1")
    add("onepair", [[2.0, 2.0]], [[3.0, 2.0], [2.5, 2.25], [1.5, 1.0]], "F64", None, [4096], ["bf16", "f16"],
        inv_freq=[0.00011517578125], about="one slow pair that never gets to a quarter turn: no position inversion at all")
    z = gauss(31, 3, 32)
    add("zerokey", gauss(32, 1, 32), [z[0], [0.0] * 32, z[2]], "F32", 1e4, [300], ["bf16"],
        about="second key is the zero vector: ties only, nulls")
    z = gauss(41, 2, 32)
    add("identical", gauss(42, 1, 32), [z[0], z[0], z[1]], "BF16", 1e4, [257, 258], ["bf16", "f16"],
        about="first two keys identical: reference tie")
    z = gauss(51, 1, 64)[0]
    add("scaled_keys", gauss(52, 1, 64), [z, [2 * x for x in z], [-0.75 * x for x in z]], "F64", 1e6, [1024],
        ["bf16", "f16"], about="keys equal up to a factor: correlation +1 and -1")
    q, k = gauss(61, 1, 48), gauss(62, 2, 48)
    for v in [q[0]] + k:
        v[32:] = [25.0] * 16
    k[1][40] = 25.125
    add("constant1e4", q, k, "F32", 1e5, [1024], ["bf16", "f16", "f32"], rotary=32,
        about="unrotated dimensions add 10,000 to every score")
    add("scaled_factors", gauss(71, 2, 64), gauss(72, 2, 64), "F32", 150000.0, [1000], ["bf16", "f16"],
        s=0.125 * 1.1, a=1.2079441541679836, about="score_scale and attn_factor differ from 1")
    add("overflow", gauss(81, 1, 32, 120.0), gauss(82, 2, 32, 120.0), "F32", 1e4, [512], ["f16", "e5m2", "e4m3", "bf16"],
        about="scores beyond the greatest finite value of f16, e5m2 and e4m3")
    add("odd777", gauss(91, 1, 128), gauss(92, 3, 128), "BF16", 1e7, [777], ["bf16", "f32"], rotary=96,
        about="odd context, 96 of 128 dimensions rotated")
    h = 12
    w = [float(mp.power(mp.mpf(20000), -mp.mpf(n) / h)) for n in range(h)]
    w[7] = 0.0
    w[11] = 0.0
    add("zero_frequency", gauss(101, 1, 24), gauss(102, 2, 24), "F32", None, [640], ["bf16", "f16"], inv_freq=w,
        about="two of twelve frequencies are zero: those pairs belong to c")
    return out


def bf16_value(x):
    return struct.unpack("<f", struct.pack("<I", to_bf16_bits(x) << 16))[0]


def write_case(folder, name, c, log):
    stored = {"BF16": bf16_value}.get(c["store"], lambda x: x)
    q, k = ([[stored(x) for x in r] for r in c[n]] for n in "qk")
    tensors = {n: (c["store"], [len(v), len(v[0])], encode(v, c["store"])) for n, v in (("q", q), ("k", k))}
    if c["inv_freq"]:
        tensors["inv_freq"] = ("F64", [len(c["inv_freq"])], struct.pack("<%dd" % len(c["inv_freq"]), *c["inv_freq"]))
    path = os.path.join(folder, name + ".safetensors")
    write_safetensors(path, tensors)
    head = {"about": c["about"]}
    if c["inv_freq"]:
        head["inv_freq"] = c["inv_freq"]
    else:
        head["rope_theta"] = c["theta"]
    head.update(pairs=c["pairs"], rotary_dim=c["rotary"], head_dim=len(q[0]), dtype=",".join(c["dtypes"]),
                score_scale=c["s"], attn_factor=c["a"])
    head["contexts"] = evaluate(head, read_safetensors(path), c["contexts"], c["dtypes"], log)
    with open(os.path.join(folder, name + ".expected.json"), "w") as f:
        json.dump(head, f, indent=1)
        f.write("\n")


def compare(want, got, where, bad):
    if isinstance(want, dict):
        for k, v in want.items():
            compare(v, got.get(k), where + "." + k, bad)
    elif isinstance(want, list):
        for i, (x, y) in enumerate(zip(want, got)):
            compare(x, y, "%s[%d]" % (where, i), bad)
    elif isinstance(want, float) and isinstance(got, float):
        if abs(want - got) > 1e-6:
            bad.append((where, want, got))
    elif want != got:
        bad.append((where, want, got))


def check(path):
    with open(path) as f:
        want = json.load(f)
    dtypes = want["dtype"].split(",")
    got = evaluate(want, read_safetensors(path.replace(".expected.json", ".safetensors")),
                   sorted({c["context"] for c in want["contexts"]}), dtypes)
    bad = []
    for c in want["contexts"]:
        mine = [g for g in got if g["context"] == c["context"] and g["dtype"] == c.get("dtype", dtypes[0])][0]
        for part in ("single", "double"):
            compare(c[part], mine[part], "%d.%s" % (c["context"], part), bad)
    for b in bad:
        print("%s: expected %r, found %r" % b)
    print("%s: %s" % (os.path.basename(path), "differs" if bad else "agrees"))
    return 1 if bad else 0


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("-o", default=os.path.join(here, "..", "..", "tests", "vectors", "measure"))
    ap.add_argument("--only", default="")
    ap.add_argument("--check", action="append", default=[])
    args = ap.parse_args()
    if args.check:
        return max([check(p) for p in args.check])
    os.makedirs(args.o, exist_ok=True)
    cases = case_list()
    for name, c in cases.items():
        if args.only and name not in args.only.split(","):
            continue
        print(name, file=sys.stderr)
        write_case(args.o, name, c, lambda t: print(t, file=sys.stderr))
    with open(os.path.abspath(__file__), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    with open(os.path.join(args.o, "README.md"), "w") as f:
        f.write("""# Reference vectors for `measure`

Each `NAME.safetensors` holds `q` and `k` (un-rotated; sometimes `inv_freq`), `NAME.expected.json` the counts and predictions for
it, laid out as the contexts of `measure --json`. `dtype` lists the dtypes, one contexts entry per context and dtype.
Counts must match exactly, predictions to 1e-6 (they are good to 1e-8 or better).

Made by `scripts/oracles/events.py` from the published definitions, no line of it taken from the C sources.
sha256 of the script: `%s`
mpmath %s, gmpy2 %s, 60 digits; scores are integers over 2^%d built from 240-bit sines and cosines.
Two values that are not identical by construction and lie closer than 1e-40 would have stopped the script.

Keys beyond `measure --json`: `position_inversion_local` (m = 1..128 against [floor(M/2), M), null when M < 258),
`position_inversion_beyond` ((M, 2M] against (2M, 3M], null when M > 1024), `near_aliasing` (pairs closer than the double 0.1),
`cross_aliasing`, `joint_moments` (population moments over [0, M), `difference_*` for the key order with D(0) > 0), and
`predicted_distances` (rate of distances with an alias).

The float64 inputs of the exact evaluation are defined so: w_n is the double nearest to theta^(-n/h) (or the tensor `inv_freq`);
with q, k converted to float64, re = qr kr + qi ki, im = qi kr - qr ki, every operation rounded in that order (no fused
multiply-add), times the float64 (s a) a; c = s times the float64 sum over the unrotated dimensions in index order.

## Decisions where the definitions leave room
- Zero vector (q or k): counts stay integers (all pairs tie and alias); `measured` of the single events, moments and scores are
  null. In pairs of keys a zero key is an ordinary key; only the predicted token aliasing is null.
- Variance that is rounding noise: var <= 1e-12 (sum a)^2 of the function in question; for the difference of two keys a is
  |z1 - z2|, for position inversion the sum of both variances is tested.
- Positional insensitivity with U = 0: count 0, the rest null.
- Reference tie: measured and predicted token inversion are null; token aliasing keeps its values (predicted 1 for identical keys).
- Scores that are affine images of each other (proportional keys; any two keys at M = 2): the predicted token aliasing is the exact one-dimensional law.
- Overflow: the value rounded without exponent limit exceeds the greatest finite one (f16 from 65520, e5m2 from 61440, e4m3 above
  464). Infinities of one sign are equal numbers and so alias; e4m3 values beyond 448 become 448.
- Cells of f32 narrower than 1e-5 standard deviations are summed as integrals of the density (relative error below 1e-10).
- `total` of position inversion is 0 for M = 1: measured and predicted are null, `near_mean` and `near_variance` too.

## Cases
""" % (digest, mpmath.__version__, gmpy2.version(), K))
        for name, c in cases.items():
            f.write("- `%s`: %s\n" % (name, c["about"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
