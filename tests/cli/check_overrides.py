#!/usr/bin/env python3
"""What is given on the command line has the effect of the same words in the file: for every scaling
that options can describe, a config.json that says it, one that is overridden with llama.cpp's words
and one that is overridden with --hf-overrides run the same rotations.

usage: check_overrides.py SOURCE_DIR BUILD_DIR
"""
import json
import pathlib
import subprocess
import sys
import tempfile

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
PLAIN = {"model_type": "llama", "hidden_size": 512, "num_attention_heads": 8,
         "num_hidden_layers": 2, "max_position_embeddings": 131072, "rope_theta": 10000.0}
OPTION = {"factor": "--rope-scale", "original_max_position_embeddings": "--yarn-orig-ctx",
          "attention_factor": "--yarn-attn-factor", "beta_fast": "--yarn-beta-fast",
          "beta_slow": "--yarn-beta-slow", "low_freq_factor": "--low-freq-factor",
          "high_freq_factor": "--high-freq-factor"}
BLOCKS = [
    {"rope_type": "linear", "factor": 8.0},
    {"rope_type": "dynamic", "factor": 2.0},
    {"rope_type": "ntk", "factor": 4.0},
    {"rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096},
    {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768,
     "attention_factor": 1.25, "beta_fast": 16.0, "beta_slow": 2.0},
    {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192,
     "low_freq_factor": 1.0, "high_freq_factor": 4.0},
]
ENGINE = "vllm"  # which runs every one of these, the old ntk too
bad = 0


def inspect(folder, config, *words):
    path = pathlib.Path(folder, "config.json")
    path.write_text(json.dumps(config))
    done = subprocess.run([build / "ropewalk", "inspect", path, "--context", "262144", "--engine",
                           ENGINE, "--json", "-", *words], capture_output=True, text=True)
    if done.returncode:
        return done.stderr
    return json.loads(done.stdout)["rotations"]


def expect(what, a, b):
    global bad
    if a != b or isinstance(a, str) or not a or a[0]["inv_freq"] is None:
        bad += 1
        print("FAULT", what, str(a)[:300], str(b)[:300])


def main():
    if not (build / "ropewalk").exists():
        print("SKIPPED: no program in", build)
        return 77
    with tempfile.TemporaryDirectory(prefix="overrides_", dir=build) as folder:
        plain = inspect(folder, PLAIN)
        scaled_one = {**PLAIN, "rope_scaling": {"rope_type": "linear", "factor": 3.0}}
        for block in BLOCKS:
            said = inspect(folder, {**PLAIN, "rope_scaling": block})
            words = ["--rope-scaling", block["rope_type"]]
            for name, value in block.items():
                if name in OPTION:
                    words += [OPTION[name], str(value)]
            expect(f"{block}: by options", inspect(folder, PLAIN, *words), said)
            expect(f"{block}: over another", inspect(folder, scaled_one, *words), said)
            merged = json.dumps({"rope_scaling": block})
            expect(f"{block}: merged", inspect(folder, PLAIN, "--hf-overrides", merged), said)
            gone = ["--hf-overrides", '{"rope_scaling": null}']
            expect(f"{block}: removed",
                   inspect(folder, {**PLAIN, "rope_scaling": block}, *gone), plain)
            if plain == said:
                expect(f"{block}: without effect", said, None)
        theta = inspect(folder, {**PLAIN, "rope_theta": 500000.0})
        expect("theta", inspect(folder, PLAIN, "--rope-theta", "500000"), theta)
        expect("theta by its other name", inspect(folder, PLAIN, "--rope-freq-base", "5e5"), theta)
        expect("inverse scale", inspect(folder, PLAIN, "--rope-freq-scale", "0.125"),
               inspect(folder, {**PLAIN, "rope_scaling": BLOCKS[0]}))
        later = {k: v for k, v in PLAIN.items() if k != "rope_theta"}
        later["rope_parameters"] = {"rope_theta": 10000.0, **BLOCKS[3]}
        expect("rope_parameters", inspect(folder, later, "--rope-scale", "16"),
               inspect(folder, PLAIN, "--rope-scaling", "yarn", "--rope-scale", "16",
                       "--yarn-orig-ctx", "4096"))
        # both kinds of file, under the same engine
        gguf = build / "ropewalk", "inspect", source / "tests" / "fixtures" / "gguf_llama.gguf"
        rows = []
        for words in (["--rope-scale", "4"], ["--rope-freq-scale", "0.25"],
                      ["--rope-scaling", "linear", "--rope-scale", "4"]):
            done = subprocess.run([*gguf, "--json", "-", *words], capture_output=True, text=True)
            rows.append(json.loads(done.stdout)["rotations"] if not done.returncode else done.stderr)
        expect("gguf", rows[0], rows[1])
        expect("gguf", rows[0], rows[2])
        plain_gguf = json.loads(subprocess.run([*gguf, "--json", "-"], capture_output=True,
                                               text=True).stdout)["rotations"]
        for a, b in zip(rows[0][0]["inv_freq"], plain_gguf[0]["inv_freq"]):
            if abs(a * 4 / b - 1) > 1e-15:
                expect("gguf: a quarter of the frequencies", a, b)
    print(f"check_overrides: {len(BLOCKS)} scalings, {bad} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
