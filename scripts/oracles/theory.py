#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference values of what theory says of a frequency table, from the published formulas at 60 digits: theory.py [-o DIR].

P = arXiv 2605.15514, F = arXiv 2609.39929, L = arXiv 2602.10959 (formulas of L as secondary sources have them).
Inputs are exact; values are rounded once to double. F's band of a scaled table (Lemma C.1) is looked for among all
distances, by brute force; M_max by walking over every M at which something changes. Moments are those of the
scores themselves, one by one.
"""
import argparse
import hashlib
import os
import random

import mpmath
from mpmath import mp, mpf

mp.dps = 60
TWO_PI = 2 * mp.pi


def phi(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def hexed(x):
    return float(x).hex()


def rates():
    """name base h M value"""
    out = []
    for base in (1000, 10000, 500000, 10**7):
        for h in (1, 32, 64, 128):
            for m in (2, 600, 32768, 131072, 10**9):
                lnb, lnm = mp.log(base), mp.log(m)
                out.append(("split", base, h, m, h * mp.log(m / TWO_PI) / lnb))
                if m < base:
                    out.append(("position", base, h, m, phi(-2 * mp.log(2) * mp.sqrt(h / (lnm * lnb)))))
                part = lnm / lnb
                out.append(("token", base, h, m, mpf(1) / 2 if part >= 1 else
                            phi(-mp.sqrt(2) * mp.sqrt(h) * (1 - part) / mp.sqrt(part))))
                for f in (8, 11, 24):
                    out.append((f"alias{f}", base, h, m, min(mpf(1), mpf("1.6") * mp.sqrt(h) / mpf(2)**f)))
    return ["%s %d %d %d %s" % (n, b, h, m, hexed(v)) for n, b, h, m, v in out]


def phase():
    """name L argument value"""
    out = []
    for length in (1, 7, 4096, 131072, 10**9):
        for d in (4, 64, 128, 256):
            out.append(("aliasing", length, d, max(mpf(1), (length / TWO_PI) ** (mpf(d) / (d - 2)))))
        for layers in (1, 12, 32, 80, 10000):
            out.append(("dc", length, layers, length / mp.acos(mpf(0.95) ** (mpf(1) / layers))))
    for bits in (1, 8, 11, 24, 53):
        out.append(("precision", 0, bits, mpf(2) ** (bits - 1)))
    return ["%s %d %d %s" % (n, a, b, hexed(v)) for n, a, b, v in out]


THEOREM, OPERATIONAL = TWO_PI, mpf(0.06)


def geometric(base, h):
    return [mpf(base) ** (-mpf(n) / h) for n in range(h)]


def off_turn(t):
    t = mp.fmod(abs(t), TWO_PI)
    return min(t, TWO_PI - t)


class Table:
    """F's quantities for a list of exact frequencies; base is None for a scaled one."""

    def __init__(self, freq, base, c_f, eps, zeta, tau, delta):
        self.freq, self.base = freq, base
        self.c_f, self.eps, self.zeta, self.tau, self.delta = (mpf(x) for x in (c_f, eps, zeta, tau, delta))
        self.h = len(freq)
        self.response = mp.sqrt(sum(abs(mp.expj(w) - 1) ** 2 for w in freq))
        if base:
            rho = mpf(base) ** (-mpf(1) / self.h)
            self.gamma = 2 * self.c_f / ((1 - rho) * self.eps)
        # the M from which each size of band is there: the band is the fastest pairs
        order = sorted(freq, reverse=True)
        self.order, self.enter = order, []
        for k in range(1, self.h + 1):
            k += sum(1 for w in order[k:] if w == order[k - 1])  # equal pairs enter together
            if base:
                self.enter.append(self.gamma / order[k - 1])
            else:
                points = [mpf(0)] + order[:k] + [-w for w in order[:k]]
                spacing = min(off_turn(p - q) for i, p in enumerate(points) for q in points[:i])
                self.enter.append(2 * self.c_f / self.eps / spacing if spacing else mp.inf)

    def at(self, m):
        high = sum(1 for e in self.enter if e <= m)
        low = self.h - high
        slow = self.gamma / m if self.base else (self.order[high] if low else mpf(0))
        share = max(mpf(0), self.zeta - slow * mp.sqrt(self.h)) / self.response
        return high, low, share, self.psi(low, share)

    def psi(self, low, r):
        u = self.eps * r + mp.sqrt(low) * mp.sqrt(1 - r * r)
        v = max(mpf(0), mp.sqrt(mpf(1) / 2 - self.eps) * r - mp.sqrt(low) * mp.sqrt(1 - r * r))
        return max(mpf(0), phi(-u / v) - self.tau) if v > 0 else mpf(0)

    def m_max(self):
        """psi changes at the M where the band grows, and between them only through l(M): look at each stretch."""
        edges = sorted({1} | {int(mp.ceil(e)) for e in self.enter if mp.isfinite(e)})
        for i, first in enumerate(edges):
            end = edges[i + 1] if i + 1 < len(edges) else 2**60
            if self.at(end - 1)[3] <= self.delta:
                continue
            low, high = first - 1, end - 1  # psi at `high` is above delta
            while high - low > 1:
                middle = (low + high) // 2
                if self.at(middle)[3] > self.delta:
                    high = middle
                else:
                    low = middle
            return low
        return None


def reversal():
    """Blocks: table base-or-0 freq...; then rule c_f eps zeta tau delta, m_max, and lines at M high low l psi."""
    tables = [("plain", b, geometric(b, h)) for b, h in ((10000, 1), (10000, 4), (10000, 64), (500000, 64), (10**7, 128))]
    # every second pair slowed down by 8: order kept, geometry lost; and the slow half interpolated by 4
    slowed = [w if n < 16 else w / 8 for n, w in enumerate(geometric(500000, 32))]
    tables.append(("scaled", None, slowed))
    tables.append(("close", None, [mpf(1), mpf("0.5"), mpf("0.49"), mpf("0.01")]))
    tables.append(("equal", None, [mpf(1), mpf("0.25"), mpf("0.25"), mpf("0.01")]))
    tables.append(("beyond", None, [mpf(4), mpf(2), mpf("0.125")]))  # 2 and 4: 2 pi - 4 is 0.28 from 2
    rules = [(THEOREM, 0.1, 0.01, 0.05, 0.276), (OPERATIONAL, 0.1, 0.01, 0.05, 0.276), (THEOREM, 0.05, 0.9, 0.01, 0.1),
             (THEOREM, 0.1, 0.01, 0.3, 0.276)]
    out = []
    for name, base, freq in tables:
        doubles = [float(w) for w in freq]
        exact = freq if base else [mpf(w) for w in doubles]
        out.append("table %s %s %s" % (name, base or 0, " ".join(w.hex() for w in doubles)))
        for rule in rules:
            t = Table(exact, base, *rule)
            found = t.m_max()
            out.append("rule %s %s" % (" ".join(hexed(x) for x in rule), "undefined" if found is None else found))
            for m in (1, 2, 1000, 131072, 10**7, 10**9, 10**12):
                high, low, share, psi = t.at(m)
                if share <= 1:
                    out.append("at %d %d %d %s %s" % (m, high, low, hexed(share), hexed(psi)))
            for r in (0, 0.01, 0.5, 0.9, 0.999, 1):
                out.append("share 131072 %s %s" % (float(r).hex(), hexed(t.psi(t.at(131072)[1], mpf(r)))))
    return out


def moments():
    """Blocks: table name, freq ..., two lines key re im re im ...; then first end mean1 mean2 var1 cov var2 of the sample."""
    rng = random.Random(2)
    h = 12
    whole = float(TWO_PI)
    tables = [("slow", [float(mpf(10) ** -rng.uniform(5, 13)) for _ in range(h)]),
              ("fast", [rng.uniform(0.2, 3.1) for _ in range(h)]),
              ("mixed", [float(mpf(500000) ** (-mpf(n) / h)) for n in range(h)]),
              ("equal", [0.3, 0.3, -0.3, 0.3 + 2**-40, 1e-9, 1e-9, 2.0, -2.0, 1e-300, 0.5, 0.5, 0.25]),
              ("turns", [whole, whole - 1e-9, whole / 2, whole / 3, 3.0, 4.0, 6.0, 6.28, 12.5, 1.0, 2.0, 5.0])]
    out = []
    for name, freq in tables:
        keys = [[rng.gauss(0, 1) for _ in range(2 * h)] for _ in range(2)]
        out.append("table %s" % name)
        out.append("freq " + " ".join(w.hex() for w in freq))
        out += ["key " + " ".join(x.hex() for x in key) for key in keys]
        for first, end in ((0, 1), (0, 2), (0, 700), (350, 700), (1, 129), (100000, 100400)):
            scores = [[], []]
            for m in range(first, end):
                turns = [mp.expj(m * mpf(w)) for w in freq]
                for k in range(2):
                    scores[k].append(sum(mpf(keys[k][2 * n]) * turns[n].real - mpf(keys[k][2 * n + 1]) * turns[n].imag
                                         for n in range(h)))
            n = end - first
            mean = [sum(s) / n for s in scores]
            cov = [sum((x - mean[i]) * (y - mean[j]) for x, y in zip(scores[i], scores[j])) / n for i, j in ((0, 0), (0, 1), (1, 1))]
            out.append("window %d %d %s" % (first, end, " ".join(hexed(x) for x in mean + cov)))
    return out


TOPICS = {"rates": rates, "phase": phase, "reversal": reversal, "moments": moments}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("-o", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/vectors/theory"))
    parser.add_argument("topic", nargs="*", help=f"of {', '.join(TOPICS)}; all unless named")
    args = parser.parse_args()
    with open(os.path.abspath(__file__), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    os.makedirs(args.o, exist_ok=True)
    for topic in args.topic or TOPICS:
        lines = TOPICS[topic]()
        with open(os.path.join(args.o, topic + ".vec"), "w", encoding="utf-8") as f:
            f.write(f"# made-by: scripts/oracles/theory.py {topic}   sha256: {digest}   mpmath {mpmath.__version__}, {mp.dps} digits\n")
            f.write("# " + (TOPICS[topic].__doc__ or "").strip() + "\n")
            f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
