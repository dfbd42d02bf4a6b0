#!/usr/bin/env python3
"""What `ropewalk task` really asked, read again from the prompts alone: right answers, margins, accuracies.

    check_task_prompts.py SOURCE_DIR BUILD_DIR [--show [MODEL]]      exit 0 pass, 77 skipped, 1 fail

A runner in between writes down every request and answer. From the text of a prompt, and nothing else, this finds
the right answer by its own reading, as a person would; from the log-likelihoods that came back it recomputes what
samples and document say. Nothing of the program's code is used. --show prints 20 prompts for the eye.
"""
import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from runner_check import BUILD, ROPEWALK, RUNNER, expect, finish  # noqa: E402  (first: it skips)
import make_tiny_models as tiny  # noqa: E402

BETWEEN = """#!%s
import os, subprocess, sys
log = open(%r, "ab", buffering=0)
child = subprocess.Popen([%r, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
while True:
    line = sys.stdin.buffer.readline()
    if not line:
        break
    child.stdin.write(line)
    child.stdin.flush()
    answer = child.stdout.readline()
    log.write(line + answer)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
child.stdin.close()
sys.exit(child.wait())
"""
TASKS = ["kth", "lookup", "needle", "next", "order", "curse:direction=backward:anchor=end", "curse:anchor=item",
         "curse:ask=item2pos:direction=backward:anchor=end:kind=words",
         "curse:ask=item2pos:anchor=item"]


def read_kth(text, question, _):
    items = re.search(r"arr = \[(.*)\]", text).group(1).split(", ")
    return items[int(re.fullmatch(r"assert arr\[(\d+)\] == ", question).group(1))]


def read_lookup(text, question, _):
    return dict(line.split(": ") for line in text.strip().splitlines())[question.removesuffix(": ")]


def read_needle(text, question, _):
    return re.search(re.escape(question) + r"(\d+)\. ", text).group(1)


def read_next(text, question, _):
    items = text.strip().splitlines()
    name = re.fullmatch(r"Right after (.*) comes", question).group(1)
    return next(b for a, b in zip(listed(items), listed(items)[1:]) if a == name)


def read_order(text, question, _):
    one, other = re.fullmatch(r"Of (.*) and (.*), the one that comes first is", question).groups()
    items = listed(text.strip().splitlines())
    return one if items.index(one) < items.index(other) else other


def listed(lines):
    """The items under a line that introduces them, if there is one."""
    return lines[1:] if lines[0].endswith(":") else lines


def read_curse(text, question, _):
    items = listed(text.strip().splitlines())
    asked = re.fullmatch(r"In this list, (.*) is:", question)
    if asked:
        place = asked.group(1)
        relative = re.fullmatch(r'the item (\d+) places? (before|after) "(.*)"', place)
        if relative:
            step = int(relative.group(1)) * (1 if relative.group(2) == "after" else -1)
            return items[items.index(relative.group(3)) + step]
        number, from_end = re.fullmatch(r"the (\d+)\w\w item( from the end)?", place).groups()
        return items[-int(number) if from_end else int(number) - 1]
    relative = re.fullmatch(r'Counting places, "(.*)" stands (before|after) "(.*)" by:', question)
    if relative:
        return str(abs(items.index(relative.group(1)) - items.index(relative.group(3))))
    from_end, item = re.fullmatch(r'Counting from 1( from the end)?, "(.*)" is item number:', question).groups()
    return str(len(items) - items.index(item) if from_end else items.index(item) + 1)


READ = {"kth": read_kth, "lookup": read_lookup, "needle": read_needle, "next": read_next, "order": read_order,
        "curse": read_curse}


def wilson_low(p, n, z=1.959963984540054):
    return (p + z * z / (2 * n) - z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def mean(values):
    return sum(values) / len(values)


def check_sample(task, asked, answered, priors, sample):
    """One prompt: the right option by reading it, the margin by its numbers."""
    text, question = asked["segments"][0]["text"], asked["segments"][-1]["text"]
    right = READ[task](text, question, None)
    options = [o.strip() for o in asked["options"]]
    expect(options.count(right) == 1, f"{task}: {right!r} is not one of {options}")
    expect(len(set(options)) == len(options), f"{task}: the same option twice in {options}")
    if right not in options:
        return
    target = options.index(right)
    less = [a["log_likelihood"] - b for a, b in
            zip(answered["options"], priors[question, tuple(asked["options"])])]
    margin = less[target] - max(v for i, v in enumerate(less) if i != target)
    expect(sample["target"] == target, f"{task}: the file says {options[sample['target']]}, the prompt {right}: {text}")
    expect(abs(sample["margin"] - margin) < 1e-9, f"{task}: margin {sample['margin']}, from the answers {margin}")
    expect(sample["acc"] == int(margin > 0), f"{task}: {sample['acc']} at a margin of {margin}")
    expect(sample["n_token"] == answered["n_token"], f"{task}: {sample['n_token']} tokens")


def check_condition(c, mine):
    """Accuracy and margin with their intervals over lists, resampled here with other random numbers."""
    for key in ("acc", "margin"):
        lists = {}
        for s in mine:
            lists.setdefault(s["list"], []).append(s[key])
        groups = list(lists.values())
        expect(abs(c[key] - mean([v for g in groups for v in g])) < 1e-8, f"{key} {c[key]}")
        rng, means = random.Random(1), []
        for _ in range(2000):
            drawn = [g for _ in groups for g in [rng.choice(groups)]]
            means.append(mean([v for g in drawn for v in g]))
        means.sort()
        width = means[1949] - means[49]
        for want, got in zip((means[49], means[1949]), c[f"{key}_ci95"]):
            expect(abs(want - got) <= 0.25 * width + 1e-9, f"{key}: interval {c[f'{key}_ci95']}, here {want}")


def check_gate(result, samples):
    """Wilson's bound of the short lists, at the number of independent questions that is as sure."""
    lists = {}
    for n, s in enumerate(samples):
        lists.setdefault((s["n_item"], s["list"]), []).append(s["acc"])
    totals, n = [sum(v) for v in lists.values()], len(samples)
    p, k = sum(totals) / n, len(totals)
    error = sum((t - p * len(v)) ** 2 for t, v in zip(totals, lists.values())) * k / (k - 1) / n ** 2
    effective = min(n, p * (1 - p) / error) if error > 0 and 0 < p < 1 else n
    gate = result["gate"]
    expect(abs(gate["acc"] - p) < 1e-8, f"gate {gate['acc']}, here {p}")
    expect(abs(gate["wilson95_low"] - wilson_low(p, effective)) < 1e-6,
           f"gate: surely {gate['wilson95_low']}, here {wilson_low(p, effective)}")
    expect(gate["passed"] == (gate["wilson95_low"] > gate["needed"]), f"{gate}")


def ask(folder, model, *arguments):
    between, log, lines, out = (folder / n for n in ("between.py", "log", "s.jsonl", "t.json"))
    log.unlink(missing_ok=True)
    between.write_text(BETWEEN % (sys.executable, str(log), str(RUNNER)))
    between.chmod(0o755)
    done = subprocess.run([str(ROPEWALK), "task", *map(str, arguments[:1]), str(model), *map(str, arguments[1:]),
                           "--runner", str(between), "--json", str(out), "--samples", str(lines), "-q"],
                          capture_output=True, text=True, timeout=900)
    expect(done.returncode == 0, f"{arguments}: exit {done.returncode}, {done.stderr.strip()}")
    talk = [json.loads(line) for line in log.read_text().splitlines()]
    scored = [(q, a) for q, a in zip(talk[::2], talk[1::2]) if q["op"] == "score"]
    priors = {(q["segments"][0]["text"], tuple(q["options"])): [o["log_likelihood"] for o in a["options"]]
              for q, a in scored if len(q["segments"]) == 1}
    prompts = [(q, a) for q, a in scored if len(q["segments"]) > 1]
    samples = [json.loads(line) for line in lines.read_text().splitlines()]
    # a prompt belongs to the sample of the same numbers
    found = []
    for s in samples:
        same = [(q, a) for q, a in prompts if [o["log_likelihood"] for o in a["options"]] == s["log_likelihood"]
                and a["n_token"] == s["n_token"]]
        expect(len({json.dumps(q["segments"]) for q, _ in same}) == 1, f"{len(same)} prompts of {s}")
        found.append(same[0] if same else None)
    return json.loads(out.read_text()), samples, found, priors


with tempfile.TemporaryDirectory(prefix="check_prompts_", dir=BUILD) as made:
    made = pathlib.Path(made)
    n, show = 0, "--show" in sys.argv
    model = made / "llama.gguf"
    tiny.llama().save(model)
    if show and len(sys.argv) > 4:
        model = pathlib.Path(sys.argv[4])
    for named in TASKS:
        task = named.split(":")[0]
        document, samples, prompts, priors = ask(made, model, named, "--items", "6,9", "--lists", "5",
                                                 "--questions", "4", "--no-gate", "--seed", "11")
        expect(len(samples) == 40, f"{named}: {len(samples)} samples")
        for s, prompt in zip(samples, prompts):
            if prompt:
                check_sample(task, *prompt, priors, s)
        result, = document["results"].values()
        for c in result["conditions"]:
            check_condition(c, [s for s in samples if s["n_item"] == c["n_item"]])
        n += len(samples)
        for s, (q, a) in list(zip(samples, prompts))[:20:8] if show else []:
            print("-" * 80, "".join(x["text"] for x in q["segments"]) + "<answer>", sep="\n")
            print(f"options {q['options']}, right {q['options'][s['target']]!r}, weights {s['log_likelihood']}, "
                  f"alone {s['prior']}, margin {s['margin']}, acc {s['acc']}")
    document, samples, prompts, priors = ask(made, model, "kth", "--items", "6", "--lists", "5", "--questions", "4",
                                             "--seed", "12")
    for s, prompt in zip(samples, prompts):
        if prompt:
            check_sample("kth", *prompt, priors, s)
    check_gate(document["results"]["kth"], samples)
finish(f"{n} prompts of {len(TASKS)} tasks read again: their right answers, margins, intervals and a gate agree")
