#!/usr/bin/env python3
"""`ropewalk task` on a tiny model: every number of the document from its samples, prompts written
down by hand, and a killed run that goes on.

    check_task.py SOURCE_DIR BUILD_DIR      exit 0 pass, 77 skipped, 1 fail
"""
import base64
import json
import math
import pathlib
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "cli")]
from runner_check import BUILD, ROPEWALK, RUNNER, expect, finish  # noqa: E402  (first: it skips)
import killed  # noqa: E402
import make_tiny_models as tiny  # noqa: E402


def run(*arguments, fails=None):
    done = subprocess.run([str(ROPEWALK), "task", *map(str, arguments), "--runner", str(RUNNER),
                           "--quiet", "--reproducible"], capture_output=True, text=True, timeout=600)
    if fails is None:
        expect(done.returncode == 0, f"{arguments}: exit {done.returncode}, {done.stderr.strip()}")
    else:
        expect(done.returncode == 2 and fails in done.stderr,
               f"{arguments}: exit {done.returncode}, {done.stderr.strip()!r}, not {fails!r}")
    return done


def serve(model, requests):
    done = subprocess.run([str(RUNNER), "serve", str(model), "--context", "2048"], text=True,
                          input="".join(json.dumps(r) + "\n" for r in requests),
                          capture_output=True, timeout=600)
    return [json.loads(line) for line in done.stdout.splitlines()]


def mean(values):
    return sum(values) / len(values) if values else None


def close(a, b):
    return (a is None) == (b is None) and (a is None or math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-9))


def check_document(document, samples, n_list, n_question):
    """Accuracies and margins are means of the samples; effects are paired by list and question."""
    n = 0
    for name, result in document["results"].items():
        for c in result["conditions"]:
            mine = [s for s in samples
                    if s["task"] == result["alias"] and s["n_item"] == c["n_item"]
                    and s["strategy"] == c["strategy"] and s["gap"] == c["gap"] and s["cell"] == c["cell"]]
            if not c["gate"]:
                expect(len(mine) == n_list * n_question, f"{name}: {len(mine)} samples of {c}")
            mine = mine[:n_list * n_question]
            n += len(mine)
            expect(close(c["acc"], mean([s["acc"] for s in mine])), f"{name}: accuracy {c}")
            expect(close(c["margin"], mean([s["margin"] for s in mine])), f"{name}: margin {c}")
            expect(close(c["exact_match"], mean([s["exact_match"] for s in mine if s["resps"] is not None])),
                   f"{name}: exact match {c}")
            for part in c["by_place"]:
                there = [s for s in mine if part["from"] <= s["item"] * 5 // s["n_item"] / 5 < part["to"]]
                expect(part["n"] == len(there), f"{name}: place {part} of {c}")
                expect(close(part["acc"], mean([s["acc"] for s in there])), f"{name}: place {part}")
                expect(close(part["margin"], mean([s["margin"] for s in there])), f"{name}: place {part}")
                expect(close(part["lenient_match"], mean([s["lenient_match"] for s in there])), f"{name}: place {part}")
            lists = {}
            for s in mine:
                lists.setdefault(s["list"], []).append(s["acc"])
            residual = sum((sum(v) - c["acc"] * len(v)) ** 2 for v in lists.values())
            k, total = len(lists), len(mine)
            expect(close(c["acc_stderr"], math.sqrt(residual * k / (k - 1)) / total), f"{name}: stderr {c}")
        for e in result["contrasts"]:
            def of(cell, gap, strategy):
                return {(s["list"], s["question"]): s["margin"] for s in samples
                        if s["task"] == result["alias"] and s["n_item"] == e["n_item"]
                        and s["cell"] == cell and s["gap"] == gap and s["strategy"] == strategy}
            if e["gap"] is None:
                a, b = of(None, None, e["strategy"]), of(None, None, "direct")
            else:
                a, b = of(e["cell"], e["gap"], "direct"), of("near", 0, "direct")
            expect(len(a) == n_list * n_question and a.keys() == b.keys(), f"{name}: pairs of {e}")
            expect(close(e["margin_change"], mean([a[k] - b[k] for k in a])), f"{name}: change {e}")
            expect(0 < e["p"] <= e["p_holm"] <= 1, f"{name}: p {e}")
    return n


def check_samples(samples):
    for s in samples:
        less = [w - p for w, p in zip(s["log_likelihood"], s["prior"])]
        best = max(v for i, v in enumerate(less) if i != s["target"])
        expect(close(s["margin"], less[s["target"]] - best), f"margin of {s}")
        expect(s["acc"] == int(s["margin"] > 0), f"accuracy of {s}")


def check_by_hand(model, samples):
    """The prompts of five samples, put together here from what the page on formats says."""
    wanted = [s for s in samples if s["task"] == "kth" and s["n_item"] == 8
              and s["strategy"] == "direct" and s["cell"] in ("near", "distance", "dilution")]
    chosen = [next(s for s in wanted if s["cell"] == cell and s["gap"] == gap)
              for cell, gap in (("near", 0), ("distance", 40), ("dilution", 40))]
    # the digits of list 0 under seed 7, read off the generator's published step
    digits = [draw(7, 0 << 8 | 0, i, 4) for i in range(8)]
    text = "arr = [" + ", ".join(map(str, digits)) + "]\n"
    for s in chosen:
        expect(s["list"] == 0 and s["question"] == 0, "the first sample is of the first list")
        question = f"assert arr[{s['item']}] == "
        expect(digits[s["item"]] == s["target"], f"the answer of {s}")
        filler = "".join(sentence(7, 0, i) for i in range(64))
        segments = {"near": [{"text": text}, {"text": "\n"}],
                    "distance": [{"text": text}, {"text": filler, "n_token": 40, "drop": True}, {"text": "\n"}],
                    "dilution": [{"text": filler, "n_token": 40}, {"text": "\n"}, {"text": text}, {"text": "\n"}]}
        options = ["0", "1", "2", "3"]
        said, prior = serve(model, [
            {"op": "score", "segments": segments[s["cell"]] + [{"text": question}], "options": options},
            {"op": "score", "segments": [{"text": question}], "options": options}])
        expect([o["log_likelihood"] for o in said["options"]] == s["log_likelihood"], f"prompt of {s}")
        expect([o["log_likelihood"] for o in prior["options"]] == s["prior"], f"prior of {s}")
        expect(said["n_token"] == s["n_token"], f"tokens of {s}")


MASK = 2 ** 64 - 1


def mix(z):
    z = (z + 0x9e3779b97f4a7c15) & MASK
    z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & MASK
    z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & MASK
    return z ^ (z >> 31)


def draw(seed, stream, index, n):
    return mix(mix(mix(seed) ^ stream) ^ index) * n >> 64


def name(seed, number, i):
    """Three syllables: item i of 80^3, from a place that list and seed choose, in steps of 316,957."""
    k = (draw(seed, number << 8 | 1, MASK, 80 ** 3) + i * 316957) % 80 ** 3
    out = ""
    for _ in range(3):
        out += "bdfgklmnprstvzjh"[k % 16] + "aeiou"[k // 16 % 5]
        k //= 80
    return out


SHAPES = ["The %s stood near the %s for most of the day. ",
          "Nobody had moved the %s since the %s was painted. ",
          "One %s can be older than another %s and look new. ",
          "Behind the %s there was room for another %s. ",
          "They spoke about the %s, and then about the %s. ",
          "In spring the %s is brighter than the %s. "]


def sentence(seed, number, i):
    stream = number << 8 | 4
    nouns = [draw(seed, stream, 3 * i + j, 128) for j in (1, 2)]
    return SHAPES[draw(seed, stream, 3 * i, 6)] % tuple(NOUNS[n] for n in nouns)


def nouns_of(source):
    """The words as they stand in the source: a table, not a calculation."""
    text = (source / "src" / "task" / "words.c").read_text()
    return [w.strip().strip('"') for w in text[text.index("{") + 1:text.index("};")].split(",") if w.strip()]


def check_attention(folder, model):
    """How much each head attends to the answer: told by the runner for the same prompt, and averaged."""
    out, lines = folder / "a.json", folder / "a.jsonl"
    run("lookup", model, "--gap", "40,600", "--gap-items", "8", "--lists", "2", "--questions", "2", "--no-gate",
        "--attention", "--seed", "7", "--context", "2048", "--json", out, "--samples", lines)
    samples = [json.loads(line) for line in lines.read_text().splitlines()]
    for c in json.loads(out.read_text())["results"]["lookup"]["conditions"]:
        mine = [s for s in samples if s["cell"] == c["cell"] and s["gap"] == c["gap"]]
        flat = [v for layer in c["attention"] for v in layer]
        for h, value in enumerate(flat):
            want = mean([s["attention"][h] for s in mine])
            expect(math.isclose(value, want, rel_tol=1e-3), f"attention of head {h}: {value}, not {want}, {c['cell']}")
        near = [s for s in samples if s["cell"] == "near"]
        for s, t in zip(mine, near):
            extra = c["gap"] if c["cell"] in ("distance", "both") else 0
            expect(s["distance"] == t["distance"] + extra, f"{s['distance']} tokens away, near {t['distance']}")
    s = next(s for s in samples if s["cell"] == "near")
    names = [name(7, s["list"], i) for i in range(8)]
    digits = [draw(7, s["list"] << 8, i, 4) for i in range(8)]
    entry = f"{names[s['item']]}: "
    text = "".join(f"{n}: {d}\n" for n, d in zip(names, digits))
    at = text.index(entry) + len(entry)
    said, = serve(model, [{"op": "score", "segments": [{"text": text}, {"text": "\n"}, {"text": entry}],
                           "options": ["0"], "attend": [{"segment": 0, "first_byte": at, "end_byte": at + 1}]}])
    told = [v for layer in said["attention"][0] for v in layer]
    expect(all(math.isclose(a, b, rel_tol=1e-3) for a, b in zip(told, s["attention"])), f"attention {told}, {s}")
    expect(said["attention_distance"] == [s["distance"]], f"{said['attention_distance']} away, not {s['distance']}")
    run("lookup", "--endpoint", "http://127.0.0.1:9/v1", "--model", "x", "--attention", "--items", "4",
        fails="not by a server")


def turns(seed, number, i):
    return (mix(mix(mix(seed) ^ number) ^ i) >> 11) * 2.0 ** -53


def check_attention_test(folder, model, source):
    """S(m) against the loss, from the samples and the audit's vectors, 20 of the shuffles too."""
    import numpy as np
    seed, gaps, n_list = 7, (40, 200, 600), 6
    out, lines, told = folder / "w.json", folder / "w.jsonl", folder / "audit.json"
    done = subprocess.run([str(ROPEWALK), "audit", str(model), "--text", str(source / "data" / "texts" / "prose.txt"),
                           "--tokens", "64", "--queries", "2", "--context", "64,128", "--json", str(told), "-q",
                           "--runner", str(RUNNER)], capture_output=True, text=True, timeout=600)
    expect(done.returncode == 0, f"the audit: {done.stderr.strip()}")
    run("lookup", model, "--gap", ",".join(map(str, gaps)), "--gap-items", "8", "--lists", n_list, "--questions", "2",
        "--no-gate", "--audit", told, "--seed", seed, "--context", "2048", "--json", out, "--samples", lines)
    audit, test = json.loads(told.read_text()), json.loads(out.read_text())["results"]["lookup"]["attention_test"]
    samples = {(s["cell"], s["gap"], s["list"], s["question"]): s
               for s in map(json.loads, lines.read_text().splitlines())}

    def vector(row):
        return np.frombuffer(base64.b64decode(row["f32"]), "<f4").astype(float)

    rotation = audit["rotations"][0]
    freq, n_head = np.array(rotation["inv_freq"]), audit["layers"][0]["n_head_q"]
    group = n_head // audit["layers"][0]["n_head_kv"]
    z = np.zeros((len(audit["layers"]) * n_head, len(freq)), complex)
    for row in audit["vectors"]["queries"]:
        key = next(k for k in audit["vectors"]["keys"] if k["stratum"] == "attended" and k["layer"] == row["layer"]
                   and k["kv_head"] == row["head"] // group)
        pair = [v[0::2] + 1j * v[1::2] if rotation["pairs"] == "interleaved"
                else v[:len(freq)] + 1j * v[len(freq):2 * len(freq)] for v in (vector(row), vector(key))]
        scale = rotation["softmax_scale"] * rotation["attn_factor"] ** 2
        z[row["layer"] * n_head + row["head"]] = scale * pair[0] * pair[1].conj()
    order = list(range(n_list))
    for i in range(n_list, 1, -1):
        j = draw(seed, 1 << 62, i, i)
        order[i - 1], order[j] = order[j], order[i - 1]
    near = {(x, q): samples["near", 0, x, q] for x in range(n_list) for q in range(2)}
    weight = np.mean([np.mean([near[x, q]["attention"] for q in range(2)], 0) for x in order[:n_list // 2]], 0)
    weight /= weight.sum()
    change = np.array([[np.mean([samples["distance", g, x, q]["margin"] - near[x, q]["margin"] for q in range(2)])
                        for g in gaps] for x in order])
    turn = np.array([[np.mean([np.exp(1j * (near[x, q]["distance"] + g) * freq)
                               - np.exp(1j * near[x, q]["distance"] * freq) for q in range(2)], 0)
                      for g in gaps] for x in order])

    def trial(z):
        score = (turn @ (weight @ z)).real
        half = n_list // 2
        slope = max(0.0, (score[:half] * change[:half]).sum() / (score[:half] ** 2).sum())
        left = change[half:] - slope * score[half:]
        return slope, 1 - (left ** 2).sum() / (change[half:] ** 2).sum(), score[half:].mean(0), change[half:].mean(0)

    slope, r2, score, observed = trial(z)
    shuffled = []
    for k in range(1, 1000):
        phase = np.array([[turns(seed, (3 << 61) + k, h << 16 | i) for i in range(z.shape[1])] for h in range(len(z))])
        shuffled.append(trial(np.abs(z) * np.exp(2j * np.pi * phase))[1])
    p = (1 + sum(v >= r2 - 1e-6 for v in shuffled)) / 1000
    for what, a, b in (("slope", test["slope"], slope), ("r2", test["r2"], r2),
                       ("median", test["shuffled_r2_median"], sorted(shuffled)[499]),
                       ("95 %", test["shuffled_r2_p95"], sorted(shuffled)[949])):
        expect(abs(a - b) <= 2e-3 * max(1.0, abs(b)), f"S(m) against the loss, {what}: {a}, not {b}")
    expect(abs(test["p"] - p) <= 0.02, f"S(m) against the loss, p: {test['p']}, not {p}")
    for g, one in enumerate(test["gaps"]):
        expect(math.isclose(one["score_change"], score[g], rel_tol=1e-3, abs_tol=1e-4)
               and math.isclose(one["observed"], observed[g], rel_tol=1e-6), f"{one}, not {score[g]}, {observed[g]}")
    run("lookup", model, "--gap", "40", "--lists", "3", "--audit", lines, fails="audit")


def check_killed(folder, model, options):
    whole, again = folder / "whole.json", folder / "again.json"
    run("lookup", model, *options, "--json", whole)
    kept, unharmed = folder / "kept.checkpoint", folder / "unharmed.checkpoint"
    run("lookup", model, *options, "--json", again, "--checkpoint", unharmed)
    size = killed.size(unharmed)
    for n in (40, size // 4, size // 2, size - 1):
        command = [str(ROPEWALK), "task", "lookup", str(model), *map(str, options), "--json", str(again), "--checkpoint",
                   str(kept), "--runner", str(RUNNER), "--quiet", "--reproducible"]
        expect(killed.at_byte(command, n), f"not ended at byte {n}")
    run("lookup", model, *options, "--json", again, "--checkpoint", kept)
    expect(again.read_bytes() == whole.read_bytes(), "a killed run ends in other bytes")
    run("lookup", model, *options, "--seed", "3", "--checkpoint", kept, fails="checkpoint")


SOURCE = pathlib.Path(sys.argv[1]).resolve()
NOUNS = nouns_of(SOURCE)
with tempfile.TemporaryDirectory(prefix="check_task_", dir=BUILD) as made:
    made = pathlib.Path(made)
    model = made / "llama.gguf"
    tiny.llama().save(model)
    options = ["--items", "10", "--gap", "0,40", "--gap-items", "8", "--lists", "3", "--questions", "2",
               "--strategy", "direct,indexed,chunked,recite", "--window", "4", "--generate", "--no-gate",
               "--seed", "7", "--context", "2048"]
    run("kth,lookup", model, *options, "--json", made / "t.json", "--samples", made / "s.jsonl")
    document = json.loads((made / "t.json").read_text())
    samples = [json.loads(line) for line in (made / "s.jsonl").read_text().splitlines()]
    check_samples(samples)
    n = check_document(document, samples, 3, 2)
    expect(n == len(samples) == 2 * (4 + 4) * 6, f"{n} of {len(samples)} samples")
    check_by_hand(model, samples)
    check_attention(made, model)
    check_attention_test(made, model, SOURCE)
    # a random model passes no gate, and is not said to fail for its positions
    run("kth", model, "--lists", "4", "--questions", "4", "--length", "256", "--json", made / "g.json")
    result = json.loads((made / "g.json").read_text())["results"]["kth"]
    expect(not result["gate"]["passed"] and result["outcome"] == "not_evaluable", f"{result['gate']}")
    expect(all(c["gate"] for c in result["conditions"]), "longer lists were asked of it")
    check_killed(made, model, ["--items", "12,40", "--lists", "6", "--questions", "4", "--no-gate"])
    # what does not fit is refused, and counted as refused
    run("kth", model, "--items", "400", "--lists", "2", "--questions", "2", "--no-gate", "--context", "512",
        "--json", made / "r.json")
    c = json.loads((made / "r.json").read_text())["results"]["kth"]["conditions"][0]
    expect(c["n_refused"] == 4 and "do not fit" in c["refused"] and c["acc"] is None, f"{c}")
    run("kth", model, "--chat", "--items", "8", "--lists", "2", "--questions", "1", "--no-gate", fails="no chat template")
    run("kth", made / "nothing.gguf", "--items", "8", fails="nothing.gguf")
    run("fly", model, fails='"fly"')
    run("kth,kth", model, fails="twice")
    run("curse:anchor=side", model, fails="anchor=side")
    run("kth", model, "--strategy", "magic", fails='"magic"')
    run("kth", model, "--depth", "1.5", fails="1.5")
    run("kth", model, "--gap", "5,5", fails="twice")
    run("kth", fails="GGUF")
finish(f"{n} samples add up to the document, three prompts by hand, a killed run ends in the same bytes")
