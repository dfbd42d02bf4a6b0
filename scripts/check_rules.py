#!/usr/bin/env python3
"""Rules of lint, their pages and their fixtures: none stands without the others.

usage: check_rules.py SOURCE_DIR [BUILD_DIR]

A page has the sections below, recorded bugs have addresses (or the page says that there are none),
and some fixture named after the rule is expected to raise it. A rule that can only say that it was
not evaluated is expected to say that.
"""
import pathlib
import re
import sys

SECTIONS = ["What it checks", "Why it matters", "How to fix", "Recorded bugs", "Limits"]
SEVERITY = {"RW_INFO": "info", "RW_WARN": "warn", "RW_ERROR": "error"}


def words(s):
    return re.findall(r"\w+", s.lower())


def page_faults(rule, source, page):
    text = page.read_text(encoding="utf-8")
    head = re.match(r"# (RW\d{3}): (.+)\n\nSeverity: ([^\n]+)", text)
    code = source.read_text(encoding="utf-8")
    if not head or head.group(1) != rule:
        yield f"{page.name}: must begin with '# {rule}: ...' and 'Severity: ...'"
    else:
        parts = re.search(r'\.title\s*=((?:\s*"(?:[^"\\]|\\.)*")+)', code).group(1)
        title = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', parts))
        if words(head.group(2)) != words(title):
            yield f"{page.name}: the rule's title is: {title}"
        severity = SEVERITY[re.search(r"\.severity\s*=\s*(RW_\w+)", code).group(1)]
        if not re.search(rf"\b{severity}\b", head.group(3)):
            yield f"{page.name}: the rule's severity is {severity}"
    if re.findall(r"^## (.+)$", text, re.M) != SECTIONS:
        yield f"{page.name}: sections must be {', '.join(SECTIONS)}"
    for section, body in re.findall(r"^## (.+)\n\n?((?:(?!## ).*\n?)*)", text, re.M):
        if not body.strip():
            yield f"{page.name}: {section} is empty"
        if section == "Recorded bugs" and "https://" not in body and "None" not in body:
            yield f"{page.name}: recorded bugs without an address (or 'None ...')"


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    rules = {p.stem[5:]: p for p in sorted((source / "src/lint").glob("rule_*.c"))}
    pages = {p.stem: p for p in sorted((source / "docs/rules").glob("*.md"))}
    expected = sorted((source / "tests/lint/expected").glob("RW*.txt"))
    bad = [f"docs/rules/{name}.md belongs to no rule" for name in pages if name not in rules]
    for rule, path in rules.items():
        code = path.read_text(encoding="utf-8")
        if f'.id = "{rule}"' not in code:
            bad.append(f"{path.name}: its id must be {rule}")
        if rule not in pages:
            bad.append(f"{rule} has no page docs/rules/{rule}.md")
        else:
            bad += page_faults(rule, path, pages[rule])
        wanted = "(error|warn|info)" if "rw_finding_add" in code else "not_evaluated"
        own = [p for p in expected if p.name.startswith(rule)]
        if not any(re.search(rf"^{rule} {wanted}$", p.read_text(), re.M) for p in own):
            bad.append(f"{rule}: no fixture tests/fixtures/lint/{rule}* is expected to raise it")
    for line in bad:
        print(line)
    print(f"check_rules: {len(rules)} rules, {len(pages)} pages, {len(expected)} fixtures, "
          f"{len(bad)} faults")
    return 1 if bad or not rules else 0


if __name__ == "__main__":
    sys.exit(main())
