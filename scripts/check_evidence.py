#!/usr/bin/env python3
"""docs/evidence.md shows the numbers of docs/evidence/needle.json and no others.

    check_evidence.py SOURCE_DIR [BUILD_DIR]      exit 0 pass, 1 fail
    check_evidence.py SOURCE_DIR --write          write the tables of the document into the page
"""
import json
import pathlib
import sys

BEGIN, END = "<!-- from docs/evidence/needle.json: begin -->\n", "<!-- end -->\n"


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


def main():
    source = pathlib.Path(sys.argv[1])
    page, kept = source / "docs" / "evidence.md", source / "docs" / "evidence" / "needle.json"
    text = page.read_text(encoding="utf-8")
    if not kept.exists():
        ok = BEGIN not in text
        print("check_evidence: no document is kept" + ("" if ok else ", and the page shows numbers"))
        return 0 if ok else 1
    made = BEGIN + tables(json.loads(kept.read_text(encoding="utf-8"))) + END
    if "--write" in sys.argv:
        if BEGIN in text:
            first, rest = text.split(BEGIN)
            text = first + made + rest.split(END, 1)[1]
        else:
            text = text.rstrip("\n") + "\n\n" + made
        page.write_text(text, encoding="utf-8")
        return 0
    ok = made in text and "**Not run yet.**" not in text
    print("check_evidence: the page shows the document's numbers" if ok else
          "check_evidence: the page's numbers are not those of docs/evidence/needle.json (--write)")
    return 0 if ok else 1


sys.exit(main())
