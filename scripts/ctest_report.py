#!/usr/bin/env python3
"""One line for every test of a ctest run, read from `ctest --output-junit`: passed, failed or
skipped, a tab, the test's name, a tab, and why it was skipped.

usage: ctest_report.py [--failures] FILE.xml     --failures: what the failed tests wrote instead
"""
import sys
import xml.etree.ElementTree as tree

LONGEST = 6000


def why(case):
    output = case.findtext("system-out") or ""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = [line for line in lines if "skip" in line.lower()]
    return (said or lines or ["no reason given"])[-1].replace("\t", " ")


def main():
    failures = "--failures" in sys.argv
    try:
        cases = list(tree.parse(sys.argv[-1]).getroot().iter("testcase"))
    except (OSError, tree.ParseError) as error:
        print(f"failed\tno report of ctest: {error}\t")
        return
    for case in cases:
        status, name = case.get("status"), case.get("name")
        if case.find("failure") is not None or status == "fail":
            kind = "failed"
        elif case.find("skipped") is not None or status in ("notrun", "disabled"):
            # A program that could not be started is no test that chose to skip.
            message = case.find("skipped").get("message", "") if case.find("skipped") is not None else ""
            kind = "skipped" if "SKIP_RETURN_CODE" in message or "Disabled" in message else "failed"
        elif status == "run":
            kind = "passed"
        else:
            kind = "failed"
        if not failures:
            print(f"{kind}\t{name}\t{why(case) if kind == 'skipped' else ''}")
        elif kind == "failed":
            print(f"---- {name}\n{(case.findtext('system-out') or '').strip()[-LONGEST:]}")


if __name__ == "__main__":
    main()
