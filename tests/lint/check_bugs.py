#!/usr/bin/env python3
"""Every group of recorded bugs has a file that shows it and the finding that catches it.

usage: check_bugs.py SOURCE_DIR BUILD_DIR

CAUGHT says, group by group, which input raises which rule at which severity; an input is a fixture
of tests/fixtures/lint or a shipped model. UNSEEN says what of a group no file can show, and which
command sees it instead.
"""
import json
import pathlib
import subprocess
import sys

CAUGHT = {
    "1 YaRN's magnitude wrong or applied twice": [
        ("RW006_mscale.json", "RW006", "warn"), ("RW006_stated.json", "RW006", "warn"),
        ("RW007_missing.gguf", "RW007", "warn")],
    "2 MLA's softmax factor missing": [
        ("RW007_v2.json", "RW007", "warn"), ("model:deepseek-v3", "RW007", "info")],
    "3 YaRN's factor ignored, or its ramp from the wrong length": [
        ("RW004_factor.json", "RW004", "warn"), ("RW004_documented.json", "RW004", "warn"),
        ("RW005_missing.json", "RW005", "error")],
    "4 truncate: false not honoured": [
        ("model:gpt-oss-20b", "RW008", "warn"), ("model:gpt-oss-120b", "RW008", "warn"),
        ("RW008_gpt_oss.gguf", "RW008", "warn")],
    "5 explicit attention_factor dropped": [("RW006_stated.json", "RW006", "warn")],
    "6 LongRoPE's wrong set of factors": [
        ("model:phi-3.5-mini", "RW010", "warn"), ("RW009_length.json", "RW009", "error"),
        ("RW010_crosses.json", "RW010", "warn")],
    "7 llama3 scaling dropped or derived wrongly": [
        ("RW002_dropped.gguf", "RW002", "error"), ("RW002_formula.gguf", "RW002", "error"),
        ("RW002_dropped.json", "RW002", "error"), ("RW003_disagree.json", "RW003", "error")],
    "8 the base missing, 10000 used": [
        ("RW001_missing.gguf", "RW001", "error"), ("RW001_known.gguf", "RW001", "error"),
        ("RW001__Mistral-7B-Instruct-v0.3.json", "RW001", "error")],
    "9 base or scale mixed up between the layers": [
        ("RW011_scaled.json", "RW011", "error"), ("RW011_one_base.json", "RW011", "error"),
        ("RW011_one_base.gguf", "RW011", "error")],
    "10 layers without RoPE inverted or ignored": [
        ("RW012_turned_over.json", "RW012", "warn"), ("RW012_not_in_gguf.json", "RW012", "warn"),
        ("RW012_by_code.gguf", "RW012", "info"), ("model:smollm3-3b", "RW012", "info")],
    "11 low precision": [
        ("RW015_bf16.json", "RW015", "info"), ("RW015_far.json", "RW015", "warn"),
        ("model:llama-4-scout-17b-16e", "RW015", "warn")],
    "12 pairs of the wrong dimensions, or rotated twice": [
        ("RW014_half.json", "RW014", "error"),
        ("RW014_other_architecture.gguf", "RW014", "warn"),
        ("RW014_not_in_a_header.gguf", "RW014", "not_evaluated")],
    "13 config.json of transformers 5": [
        ("RW018_parameters.json", "RW018", "info"), ("RW003_untyped.json", "RW003", "error")],
    "14 YaRN skipped and the window missing": [
        ("RW024__gpt-oss-20b.json", "RW024", "error")],
    "15 the wrong config shipped": [
        ("RW009_in_circulation.json", "RW009", "error"),  # as published, under a vision model
        ("RW009_too_small.json", "RW009", "error"),
        ("RW005_longer_version.json", "RW005", "error")],
    "16 claimed context against the derived one": [
        ("RW017_beyond.json", "RW017", "warn"), ("RW017_derived.json", "RW017", "info")],
}
UNSEEN = {
    "1": ("a runtime that multiplies its own factor once more", "diff --executed, audit"),
    "2": ("a runtime that leaves the factor out", "diff --executed, audit"),
    "10": ("whether a layer really rotates", "diff --executed, audit"),
    "11": ("in which precision a runtime forms angles", "diff --executed"),
    "12": ("weights whose rows were or were not reordered; rotating twice", "diff --executed"),
    "16": ("model_max_length and the tokenizer's settings, which vLLM reads too", "none"),
}
# The same rotation, written for transformers 4 and for 5.
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
ERAS = ({"rope_theta": 1000000.0, "rope_scaling": YARN},
        {"rope_parameters": dict(YARN, rope_theta=1000000.0)})
bad = []


def run(program, *words):
    done = subprocess.run([str(program), *map(str, words)], capture_output=True, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def raised(program, path):
    code, out, err = run(program, "lint", "--format", "json", path)
    if code == 2 or not out:
        bad.append(f"lint {path}: {err}")
        return set()
    document = json.loads(out)
    return {(f["rule"], f["severity"]) for f in document["findings"]} | {
        (n["rule"], "not_evaluated") for n in document["not_evaluated"]}


def both_eras(source, program, build):
    base = json.loads((source / "tests/fixtures/lint/RW016_pairs.json").read_text("utf-8"))
    base.pop("rope_theta")
    base["max_position_embeddings"] = 131072
    seen = []
    for number, era in enumerate(ERAS):
        path = build / f"check_bugs_{number}.json"
        path.write_text(json.dumps(dict(base, **era)), encoding="utf-8")
        _, out, err = run(program, "inspect", "--json", "-", path)
        path.unlink()
        if not out:
            bad.append(f"inspect of both eras: {err}")
            return
        seen.append([[r["mechanism"], r["attn_factor"], r["inv_freq"]]
                     for r in json.loads(out)["rotations"]])
    if seen[0] != seen[1] or seen[0][0][0] != "yarn":
        bad.append("the two eras of transformers do not give the same rotation")


def main():
    source, build = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    program, fixtures, n = build / "ropewalk", source / "tests/fixtures/lint", 0
    if sorted(int(group.split()[0]) for group in CAUGHT) != list(range(1, 17)):
        bad.append("there are 16 groups")
    for number, (what, command) in UNSEEN.items():
        if not what or not command or not any(g.split()[0] == number for g in CAUGHT):
            bad.append(f"group {number} is not one, or says nothing")
    for group, rows in CAUGHT.items():
        for name, rule, severity in rows:
            path = name if name.startswith("model:") else fixtures / name
            n += 1
            seen = raised(program, path)
            if (rule, severity) not in seen:
                bad.append(f"group {group}: {name} does not raise {rule} {severity}: "
                           f"{sorted(seen)}")
    both_eras(source, program, build)
    for sentence in bad:
        print(sentence)
    print(f"check_bugs: {len(CAUGHT)} groups, {n} files, {len(bad)} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
