"""A capture read back, and a rotation in float64 with the rounding that float32 may have added."""
import json
import struct

import numpy as np


class Capture:
    def __init__(self, path):
        raw = path.read_bytes()
        n = struct.unpack("<Q", raw[:8])[0]
        header = json.loads(raw[8:8 + n])
        self.meta = header.pop("__metadata__")
        self.tensors = {}
        for name, t in header.items():
            a, b = t["data_offsets"]
            kind = {"F32": "<f4", "I64": "<i8"}[t["dtype"]]
            self.tensors[name] = np.frombuffer(raw[8 + n + a:8 + n + b], kind).reshape(t["shape"])
        self.rotations = json.loads(self.meta["rotations"])
        self.token_ids = json.loads(self.meta["token_ids"])
        self.positions = self.tensors["positions"]

    def hook(self, layer, name):
        return self.tensors[f"blocks.{layer}.attn.hook_{name}"].astype(np.float64)


def rotate(x, positions, inv_freq, pairs, attn_factor):
    """x [row, head, head_dim] -> rotated, and the rounding one may expect of float32."""
    h = len(inv_freq)
    y, tolerance = x.copy(), np.zeros_like(x)
    if h == 0:
        return y, tolerance
    a = np.arange(h) * (2 if pairs == "interleaved" else 1)
    b = a + (1 if pairs == "interleaved" else h)
    angle = positions[:, None].astype(np.float64) * inv_freq
    c, s = np.cos(angle)[:, None, :] * attn_factor, np.sin(angle)[:, None, :] * attn_factor
    y[..., a] = x[..., a] * c - x[..., b] * s
    y[..., b] = x[..., a] * s + x[..., b] * c
    size = np.hypot(x[..., a], x[..., b]) * attn_factor
    rounding = (angle * (2 * np.arange(h) + 6) + 8)[:, None, :] * 2.0 ** -24
    tolerance[..., a] = tolerance[..., b] = rounding * size
    return y, tolerance
