#!/usr/bin/env python3
"""Section 5 of docs/theory.md, read from the document itself: the table counted / predicted, the counts named under it, and
the U over the base, against what `theory --count` says of a phase-aligned key.

usage: check_reference_table.py SOURCE_DIR BUILD_DIR
"""
import json
import pathlib
import re
import subprocess
import sys


def number(text):
    return int(text.replace(",", ""))


def section(source):
    text = (source / "docs/theory.md").read_text(encoding="utf-8")
    return text[text.index("## 5. Reference values"):text.index("## 6.")]


def rows(text):
    for line in text.split("\n"):
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) > 2 and not set(cells[0]) <= set("-"):
            yield cells


def ask(tool, base, contexts):
    out = subprocess.run([tool, "theory", "--head-dim", "128", "--rope-theta", base, "--coefficients", "aligned", "--draws", "1",
                          "-c", ",".join(map(str, contexts)), "--count", "--json", "-"], capture_output=True, text=True)
    if out.returncode:
        sys.exit(f"theory {base}: exit {out.returncode}: {out.stderr}")
    (table,) = json.loads(out.stdout[out.stdout.index("{"):])["tables"]
    found = {}
    for context in table["contexts"]:
        (score,) = context["scores"]
        found[context["context"]] = score["values"]["position_inversion"]
    return found


def main():
    source, tool = pathlib.Path(sys.argv[1]), str(pathlib.Path(sys.argv[2]) / "ropewalk")
    text = section(source)
    bad, n_value = [], 0

    def same(what, got, printed):
        nonlocal n_value
        n_value += 1
        digits = len(printed) - printed.index(".") - 1
        if round(got, digits) != float(printed):
            bad.append(f"{what}: {got}, printed {printed}")

    first, second = text.split("The U over the base")
    counts = {(number(m), (number(c), number(n))) for c, n, m in
              re.findall(r"([\d,]+) of ([\d,]+) at (?:M = )?([\d,]+\d)", " ".join(first.split()))}
    head, *table = rows(first)
    contexts = [number(c.replace("M = ", "")) for c in head[1:]]
    for base, *cells in table:
        found = ask(tool, base, contexts)
        for m, cell in zip(contexts, cells):
            counted, predicted = (c.strip() for c in cell.split("/"))
            if found[m]["unresolved"]:
                bad.append(f"base {base}, M {m}: unresolved")
            same(f"base {base}, M {m}, counted", found[m]["count"] / found[m]["total"], counted)
            same(f"base {base}, M {m}, predicted", found[m]["value"], predicted)
        if base == "5e5":
            for m, (count, total) in counts:
                n_value += 1
                if (found[m]["count"], found[m]["total"]) != (count, total):
                    bad.append(f"M {m}: {found[m]['count']} of {found[m]['total']}, printed {count} of {total}")
    bases, (_, *printed) = list(rows(second))[:2]
    for base, cell in zip(bases[1:], printed):
        found = ask(tool, base, [131072])[131072]
        same(f"U, base {base}", found["count"] / found["total"], cell)
    for line in bad:
        print(line)
    print(f"check_reference_table: {n_value} values, {len(bad)} faults")
    return 1 if bad or n_value != 15 * 2 + 4 + 6 else 0


if __name__ == "__main__":
    sys.exit(main())
