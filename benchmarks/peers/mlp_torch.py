"""The network of `whole mlp` in PyTorch (Debian: python3-torch), on one thread, which is its fastest at this size.

Usage: mlp_torch.py FOLDER JUDGES HIDDEN BATCH EPOCHS RATE SEEDS. FOLDER holds inputs.f32 and targets.f32, standardised, row after row.
Prints one JSON object: seconds of each training, mean squared error of each on its training rows, rows/s of the fastest
inference, seconds for one row.
"""
import json
import sys
import time

import numpy
import torch

torch.set_num_threads(1)
folder, judges, hidden, batch, epochs, rate, seeds = sys.argv[1], *map(int, sys.argv[2:6]), float(sys.argv[6]), int(sys.argv[7])
x = torch.from_numpy(numpy.fromfile(f"{folder}/inputs.f32", dtype=numpy.float32).reshape(-1, judges))
y = torch.from_numpy(numpy.fromfile(f"{folder}/targets.f32", dtype=numpy.float32).reshape(-1, 1))


def train(seed, passes):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(judges, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 1))
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    loss_of = torch.nn.MSELoss()
    for _ in range(passes):
        order = torch.randperm(len(x))
        for start in range(0, len(x), batch):
            rows = order[start:start + batch]
            optimiser.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            optimiser.step()
    return model


def best_of(repeats, action):
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


model = train(0, 1)
seconds, losses = [], []
for seed in range(seeds):
    start = time.perf_counter()
    model = train(seed, epochs)
    seconds.append(time.perf_counter() - start)
    with torch.no_grad():
        losses.append(torch.nn.functional.mse_loss(model(x), y).item())

with torch.no_grad():
    speeds = [rows.shape[0] / best_of(50, lambda: model(rows)) for rows in (x[:1000], x)]
    one = x[:1]
    single = best_of(20, lambda: [model(one) for _ in range(200)]) / 200

print(json.dumps({"version": torch.__version__, "seconds": seconds, "losses": losses, "rows_per_second": max(speeds), "one_row": single}))
