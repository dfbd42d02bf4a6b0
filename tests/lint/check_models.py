#!/usr/bin/env python3
"""data/models.json: every entry complete, read, and equal to the real config.json where one is at hand.

usage: check_models.py SOURCE_DIR BUILD_DIR

Real files are looked for in ../shared/configs, named as the repository with "__" for "/".
"""
import json
import pathlib
import subprocess
import sys

KEYS = {"title", "source", "unconfirmed", "notes", "config"}
bad = []


def run(program, *words):
    done = subprocess.run([str(program), *map(str, words)], capture_output=True, timeout=120)
    return done.stdout.decode(), done.stderr.decode()


def parts(fact, real, where):
    """Everything the fact says stands in the real file, under the same key."""
    for key, value in fact.items():
        if key not in real:
            bad.append(f"{where}.{key} is not in the real file")
        elif isinstance(value, dict) and isinstance(real[key], dict):
            parts(value, real[key], f"{where}.{key}")
        elif value != real[key]:
            bad.append(f"{where}.{key} is {value}, the real file has {real[key]}")


def described(program, path):
    out, err = run(program, "inspect", "--reproducible", "--json", "-", path)
    if not out:
        bad.append(f"inspect {path}: {err}")
        return None
    document = json.loads(out)
    return {key: document[key] for key in ("rotations", "layers")}


def main():
    source, build = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    program, n_real = build / "ropewalk", 0
    models = json.loads((source / "data/models.json").read_text(encoding="utf-8"))
    out, err = run(program, "list", "models", "--json", "-")
    listed = {m["name"]: m for m in json.loads(out)["models"]} if out else {}
    if sorted(models) != list(models) or list(models) != list(listed):
        bad.append(f"the list is not the file, sorted: {err}")
    for name, model in models.items():
        if set(model) != KEYS or name != name.lower() or not model["title"]:
            bad.append(f"{name}: keys {sorted(model)}")
        repo = model["source"].removeprefix("https://huggingface.co/")
        repo = repo.removesuffix("/blob/main/config.json")
        for path in (source.parent / "shared" / "configs").glob(repo.replace("/", "__") + ".json"):
            n_real += 1
            parts(model["config"], json.loads(path.read_text(encoding="utf-8")), name)
            if described(program, "model:" + name) != described(program, path):
                bad.append(f"{name} is not described as its real file is")
    for sentence in bad:
        print(sentence)
    print(f"check_models: {len(models)} models, {n_real} real files, {len(bad)} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
