#!/usr/bin/env python3
"""`ropewalk inspect` and `lint` of a local config and of a large GGUF file's header: below 50 ms of
processor time and 50 MB of memory.

usage: check_inspect_cost.py SOURCE_DIR BUILD_DIR      exit 77: nothing to measure with here

The large file is sparse: 100 GB (or what the file system takes) with a tokenizer of 128k entries.
The least of several runs counts, since the machine may be busy, and a machine on which Python needs long to start may take
as much longer; builds with sanitizers are only run.
"""
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
PROGRAM = build / "ropewalk"
MOST_MS, MOST_MB, N_RUN = 50, 50, 7
PYTHON_MS = 10  # starting it, where 50 ms are what was promised


def text(s):
    return struct.pack("<Q", len(s)) + s.encode()


def key(name, kind, value):
    return text(name) + struct.pack("<I", kind) + value


def strings(name, values):
    return key(name, 9, struct.pack("<IQ", 8, len(values)) + b"".join(map(text, values)))


def write_large(path):
    """Its size; 4096 wide rows of F32 behind the header."""
    u32 = lambda n: struct.pack("<I", n)
    keys = [key("general.architecture", 8, text("llama")), key("llama.block_count", 4, u32(80)),
            strings("tokenizer.ggml.tokens", [f"token{i:06x}" for i in range(128256)]),
            strings("tokenizer.ggml.merges", [f"ab{i:05x} cd{i:05x}" for i in range(150000)]),
            key("llama.context_length", 4, u32(131072)),
            key("llama.embedding_length", 4, u32(8192)),
            key("llama.attention.head_count", 4, u32(64)),
            key("llama.attention.head_count_kv", 4, u32(8)),
            key("llama.rope.freq_base", 6, struct.pack("<f", 500000.0))]
    for total in (100 * 10**9, 10**10, 10**9):
        rows = (total - (64 << 20)) // 4096 // 4 // 724  # 724 tensors, as of a large model
        tensors = [text(f"blk.{i}.weight") + struct.pack("<IQQIQ", 2, 4096, rows, 0,
                                                        i * rows * 16384) for i in range(724)]
        head = b"GGUF" + struct.pack("<IQQ", 3, 724, len(keys)) + b"".join(keys + tensors)
        head += b"\0" * (-len(head) % 32)
        try:
            with open(path, "wb") as f:
                f.write(head)
                f.truncate(len(head) + 724 * rows * 16384)
            return path.stat().st_size
        except OSError:
            continue
    return 0


def cost(program, *words):
    """Least milliseconds of processor time and MB over several runs."""
    launcher = ("import os, sys\n"
                "child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=["
                "(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)])\n"
                "_, status, usage = os.wait4(child, 0)\n"
                "print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, "
                "usage.ru_maxrss, file=sys.stderr)\n")
    ms, mb = 1e9, 1e9
    for _ in range(N_RUN):
        done = subprocess.run([sys.executable, "-I", "-S", "-c", launcher, str(program), *words],
                              capture_output=True, text=True, timeout=300)
        code, seconds, kilobytes = done.stderr.split()[-3:]
        if int(code) not in (0, 1):
            sys.exit(f"{words}: exit {code}: {done.stderr}")
        ms, mb = min(ms, float(seconds) * 1e3), min(mb, float(kilobytes) / 1024)
    return ms, mb


def main():
    if not PROGRAM.exists():
        print("SKIPPED: no program in", build)
        return 77
    cache = (build / "CMakeCache.txt").read_text()
    judged = "RW_SANITIZE:STRING=\n" in cache and "CMAKE_BUILD_TYPE:STRING=Debug" not in cache
    bad = 0
    most_ms = MOST_MS * max(1, cost(sys.executable, "-I", "-S", "-c", "pass")[0] / PYTHON_MS)
    with tempfile.TemporaryDirectory(prefix="cost_", dir=build) as folder:
        large = pathlib.Path(folder, "large.gguf")
        size = write_large(large)
        print(f"large file: {size / 1e9:.0f} GB")
        configs = sorted((source / "tests" / "fixtures").glob("inspect_*.json"))
        configs += sorted((source.parent / "shared" / "configs").glob("*.json"))[:6]
        files = [str(p) for p in configs] + ["model:llama-3.1-8b"] + ([str(large)] if size else [])
        for command in ("inspect", "lint"):
            worst_ms, worst_mb = 0.0, 0.0
            for name in files:
                ms, mb = cost(PROGRAM, command, name)
                worst_ms, worst_mb = max(worst_ms, ms), max(worst_mb, mb)
                if judged and (ms > most_ms or mb > MOST_MB):
                    bad += 1
                    print(f"FAULT {command} {name}: {ms:.0f} ms, {mb:.0f} MB")
            print(f"{command}: {len(files)} files, at most {worst_ms:.0f} ms of processor time and "
                  f"{worst_mb:.0f} MB")
    print(f"check_inspect_cost: {bad} faults{'' if judged else ', not judged in this build'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
