"""A capture of noise, small enough to be audited in a second: a layer without RoPE, one with a window."""
import json
import math
import random
import struct

LAYERS, HEADS, ROWS, DIM = 6, 4, 64, 32


def make(path, seed, spoil=False):
    """`spoil`: the last layer holds something that is no number."""
    rnd = random.Random(seed)
    rotation = {"rotary_dim": DIM, "pairs": "half", "inv_freq": [1e4 ** (-2 * n / DIM) for n in range(DIM // 2)],
                "attn_factor": 1.0, "rope_theta": 1e4, "softmax_scale": DIM ** -0.5, "window": None}
    rotations = [dict(rotation, layer=layer) for layer in range(LAYERS)]
    rotations[1] = {"layer": 1, "rotary_dim": 0, "pairs": "half", "inv_freq": [], "attn_factor": 1.0,
                    "rope_theta": None, "softmax_scale": DIM ** -0.5, "window": None}
    rotations[2]["window"] = 300
    header, data = {"__metadata__": {
        "model": "noise", "architecture": "test", "context_length": "2048", "special": "[]",
        "token_ids": json.dumps(list(range(ROWS))), "tokens": json.dumps(["w"] * ROWS),
        "rotations": json.dumps(rotations)}}, b""
    for layer in range(LAYERS):
        for which in "qk":
            raw = struct.pack(f"<{ROWS * HEADS * DIM}f", *[rnd.gauss(0, 1) for _ in range(ROWS * HEADS * DIM)])
            if spoil and layer == LAYERS - 1:
                raw = struct.pack("<f", math.nan) * (len(raw) // 4)
            header[f"blocks.{layer}.attn.hook_{which}"] = {
                "dtype": "F32", "shape": [ROWS, HEADS, DIM], "data_offsets": [len(data), len(data) + len(raw)]}
            data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
