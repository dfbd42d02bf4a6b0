#!/usr/bin/env python3
"""Every numbered statement of docs/theory.md (T1, E1, ...) and docs/numerics.md (N1, ...) names a
function and a test that exist, and numbers of a letter leave no gap.

usage: check_theory.py SOURCE_DIR [BUILD_DIR]      exit 77: the documents are not there

A statement begins with its number, as in **T1. Mean**; before the next one stands a line
    Function: `name` in `path`. Test: `path`.
Several functions or tests are separated by commas.
"""
import collections
import pathlib
import re
import sys

DOCUMENTS = ("docs/theory.md", "docs/numerics.md")
START = re.compile(r"^(?:#{1,6} +|[-*] +)?\*\*([A-Z])(\d+)\.|^#{1,6} +([A-Z])(\d+)\.")
TRACE = re.compile(r"Functions?: (.*?)\.\s+Tests?: (.*)", re.S)


def main():
    source = pathlib.Path(sys.argv[1])
    bad, n_statement = [], 0
    absent = [d for d in DOCUMENTS if not (source / d).exists()]
    if absent:
        print(f"SKIPPED: {', '.join(absent)}: not written, statements are not traced to code")
        return 77
    for document in DOCUMENTS:
        blocks, numbers, code = [], collections.defaultdict(list), False
        for line in (source / document).read_text(encoding="utf-8").split("\n"):
            if line.startswith("```"):
                code = not code
            found = None if code else START.match(line)
            if found:
                letter, number = (g for g in found.groups() if g)
                blocks.append((letter + number, [line]))
                numbers[letter].append(int(number))
            elif blocks:
                blocks[-1][1].append(line)
        for letter, got in numbers.items():
            if got != list(range(1, len(got) + 1)):
                bad.append(f"{document}: {letter} is numbered {got}")
        if not blocks:
            bad.append(f"{document}: no numbered statement")
        for number, lines in blocks:
            n_statement += 1
            where, text = f"{document} {number}", "\n".join(lines)
            found = TRACE.search(text)
            if not found:
                bad.append(f"{where}: no line \"Function: `name` in `path`. Test: `path`.\"")
                continue
            functions = re.findall(r"`(\w+)(?:\(\))?` in\s+`([^`]+)`", found.group(1))
            tests = re.findall(r"`([^`\s]+/[^`\s]+)`", found.group(2).split("\n\n")[0])
            if not functions or not tests:
                bad.append(f"{where}: names no function, or no test")
            for name, path in functions:
                file = source / path
                if not file.is_file():
                    bad.append(f"{where}: {path} does not exist")
                elif not re.search(rf"\b{name}\s*\(", file.read_text(encoding="utf-8")):
                    bad.append(f"{where}: no {name} in {path}")
            for path in tests:
                if not (source / path).exists():
                    bad.append(f"{where}: {path} does not exist")
    for line in bad:
        print(line)
    print(f"check_theory: {n_statement} statements, {len(bad)} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
