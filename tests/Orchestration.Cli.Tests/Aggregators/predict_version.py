#!/usr/bin/env python3
"""Predicts with an exported aggregator version in PyTorch (or NumPy), from the files alone.

usage: predict_version.py FOLDER < ROWS > PREDICTIONS
FOLDER holds manifest.json and weights.safetensors; ROWS are JSON lines {judge: score}, complete rows on the judges' own scales.
Prints one number a row. Exit status 77: neither torch nor numpy is installed.
"""
import json
import struct
import sys

try:
    import torch

    def tensor(data, shape):
        return torch.frombuffer(bytearray(data), dtype=torch.float64).reshape(shape) if data else torch.zeros(shape, dtype=torch.float64)

    relu = torch.relu
    library = "torch " + torch.__version__
except ImportError:
    try:
        import numpy

        def tensor(data, shape):
            return numpy.frombuffer(data, dtype="<f8").reshape(shape)

        def relu(x):
            return numpy.maximum(x, 0)

        library = "numpy " + numpy.__version__
    except ImportError:
        sys.exit(77)


def load(path):
    """The public safetensors format: header length, header, data."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    data = content[8 + length:]
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F64", entry
        begin, end = entry["data_offsets"]
        tensors[name] = tensor(data[begin:end], entry["shape"])
    return metadata, tensors


def mapped(judge, score):
    scale = judge["scale"]
    if judge["is_fitted"]:
        score = min(max(score, scale["min"]), scale["max"])
    unit = (score - scale["min"]) / (scale["max"] - scale["min"])
    return unit if scale["direction"] == "HigherIsBetter" else 1 - unit


def predict(metadata, tensors, rows):
    kind = metadata["model/kind"]
    if kind == "mean":
        return float(metadata["model/setting/offset"]) + float(metadata["model/setting/slope"]) * rows.mean(1)
    if kind == "linear":
        return float(metadata["model/setting/constant"]) + (rows - tensors["model/judges.mean"]) @ tensors["model/weights"]
    if kind == "mlp":
        inputs = (rows - tensors["model/input.mean"]) / tensors["model/input.scale"]
        members = int(metadata["model/setting/members"])
        total = 0
        for k in range(members):
            part = f"model/member{k}."
            hidden = relu(inputs @ tensors[part + "hidden.weight"].T + tensors[part + "hidden.bias"])
            total = total + (hidden @ tensors[part + "output.weight"].T + tensors[part + "output.bias"])[:, 0]
        return tensors["model/output.mean"] + tensors["model/output.scale"] * total / members
    sys.exit(f"no predictor for models of kind {kind}")


def main():
    folder = sys.argv[1]
    with open(folder + "/manifest.json", encoding="utf-8") as file:
        judges = json.load(file)["basis"]["judges"]
    metadata, tensors = load(folder + "/weights.safetensors")
    rows = [[mapped(judge, row[judge["name"]]) for judge in judges] for row in map(json.loads, sys.stdin)]
    flat = struct.pack(f"<{len(rows) * len(judges)}d", *[value for row in rows for value in row])
    for number in predict(metadata, tensors, tensor(flat, [len(rows), len(judges)])):
        print(repr(float(number)))
    print(library, file=sys.stderr)


main()
