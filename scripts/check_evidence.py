#!/usr/bin/env python3
"""docs/evidence.md shows the numbers of the documents in docs/evidence and no others.

    check_evidence.py SOURCE_DIR [BUILD_DIR]      exit 0 pass, 1 fail
    check_evidence.py SOURCE_DIR --write          write the tables of the documents between their marks
"""
import json
import pathlib
import re
import sys


def number(value, digits=2):
    return "none" if value is None else f"{value:.{digits}f}"


def interval(pair, digits=2):
    return "none" if pair is None else f"{pair[0]:.{digits}f} to {pair[1]:.{digits}f}"


def tables(document):
    """The page's part, from the document alone."""
    settings, out = document["settings"], []
    for name, result in document["results"].items():
        gate = result["gate"]
        short = (f"Gate: {number(gate['acc'])} right, surely {number(gate['wilson95_low'])}, needed "
                 f"{number(gate['needed'])}, {'passed' if gate['passed'] else 'not passed'}." if gate else "No gate.")
        out.append(f"`{name}`, lists: {settings['lists']}, questions each: {settings['questions']}, seed {settings['seed']}: "
                   f"outcome **`{result['outcome']}`**. {short}\n")
        if not result["contrasts"]:
            out.append("| items | tokens | right | 95 % | margin, nats | refused |\n|---|---|---|---|---|---|")
            out += [f"| {c['n_item']} | {number(c['n_token'], 0)} | {number(c['acc'])} | {interval(c['acc_ci95'])} | "
                    f"{number(c['margin'])} | {c['n_refused']} |" for c in result["conditions"]]
            out.append("")
            continue
        out.append("| cell | G | right | margin, nats | 95 % | refused |\n|---|---|---|---|---|---|")
        out += [f"| {c['cell']} | {c['gap']} | {number(c['acc'])} | {number(c['margin'])} | {interval(c['margin_ci95'])} | "
                f"{c['n_refused']} |" for c in result["conditions"] if c["gap"] is not None]
        out.append("\n| cell less near | G | change of margin, nats | 95 % | p | p, Holm |\n|---|---|---|---|---|---|")
        out += [f"| {c['cell']} | {c['gap']} | {number(c['margin_change'])} | {interval(c['margin_change_ci95'])} | "
                f"{number(c['p'], 4)} | {number(c['p_holm'], 4)} |" for c in result["contrasts"]]
        test = result["attention_test"]
        if test and test["missing"] is None:
            out.append(f"\nS(m) against the loss: fitted on {test['fitted_lists']} texts, slope {number(test['slope'], 3)}; on the "
                       f"{test['held_out_lists']} held out R2 = {number(test['r2'], 3)}, p = {number(test['p'], 3)} of "
                       f"{test['shuffles']} draws of random phases (their R2: median {number(test['shuffled_r2_median'], 3)}, "
                       f"95 % below {number(test['shuffled_r2_p95'], 3)}).\n")
            out.append("| G | change of the score | margin predicted | margin observed |\n|---|---|---|---|")
            out += [f"| {g['gap']} | {number(g['score_change'], 3)} | {number(g['predicted'], 3)} | "
                    f"{number(g['observed'], 3)} |" for g in test["gaps"]]
    return "\n".join(out) + "\n"


def block(name, kept):
    """The page's part between two marks, from one document."""
    return (f"<!-- from docs/evidence/{name}: begin -->\n" + tables(json.loads(kept.read_text(encoding="utf-8"))) +
            "<!-- end -->\n")


def main():
    source = pathlib.Path(sys.argv[1])
    page, kept = source / "docs" / "evidence.md", sorted((source / "docs" / "evidence").glob("*.json"))
    text = page.read_text(encoding="utf-8")
    marked = re.findall(r"<!-- from docs/evidence/(\S+): begin -->\n", text)
    faults = [] if kept and sorted(marked) == [k.name for k in kept] else [f"documents {[k.name for k in kept]}, marks {marked}"]
    for path in kept:
        made = block(path.name, path)
        if "--write" in sys.argv and path.name in marked:
            text = re.sub(f"<!-- from docs/evidence/{re.escape(path.name)}: begin -->.*?<!-- end -->\n", lambda m: made, text,
                          flags=re.S)
            page.write_text(text, encoding="utf-8")
        if made not in text:
            faults.append(f"the page's numbers are not those of {path.name} (--write)")
    print("check_evidence: " + ("; ".join(faults) or f"the page shows the numbers of {len(kept)} documents"))
    return 1 if faults else 0


sys.exit(main())
