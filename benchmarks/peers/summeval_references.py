"""Refits the reference models of the recorded SummEval scores on the folds that the benchmark draws, with scikit-learn.

python3 summeval_references.py DATA_FOLDER SEEDS OUTPUT.json [--group-k-fold]

DATA_FOLDER holds coherence.jsonl, consistency.jsonl, fluency.jsonl, relevance.jsonl and overall.jsonl. For each file and each model the output
has the pooled out-of-fold R2 of every seed and every row's mean squared error over the seeds. With --group-k-fold the folds are GroupKFold(5),
once, to be compared with published tables. Missing scores are filled with the mean of the fold's training rows.

pyGAM is not needed: in its place stands scikit-learn's SplineTransformer (8 cubic splines a judge) with Ridge(alpha=10). Its penalty is on the size of
coefficients, not on their curvature, so its figures are near pyGAM's and not the same.
"""
import json
import sys

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def folds_by_group(groups, folds, seed):
    """The same rule as Folds.ByGroup: groups shuffled, larger ones first, each to the fold with the fewest rows."""
    sizes = np.bincount(groups)
    draws = SplitMix64(seed)
    order = list(range(len(sizes)))
    for i in range(len(order) - 1, 0, -1):
        j = (draws.next() * (i + 1)) >> 64
        order[i], order[j] = order[j], order[i]
    filled = [0] * folds
    fold_of_group = [0] * len(sizes)
    for group in sorted(order, key=lambda g: -sizes[g]):
        fold = filled.index(min(filled))
        fold_of_group[group] = fold
        filled[fold] += int(sizes[group])
    return np.array([fold_of_group[g] for g in groups])


def read(path):
    scores, targets, names = [], [], []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            scores.append([np.nan if s is None else (s - 1) / 4 for s in row["scores"].values()])
            targets.append(row["target"])
            names.append(row["group"])
    numbers = {}
    for name in names:
        numbers.setdefault(name, len(numbers))
    return np.array(scores, float), np.array(targets), np.array([numbers[n] for n in names]), names


class MeanThenFit:
    def fit(self, x, y):
        self.line = LinearRegression().fit(x.mean(1, keepdims=True), y)
        return self

    def predict(self, x):
        return self.line.predict(x.mean(1, keepdims=True))


MODELS = {
    "mean-fit": MeanThenFit,
    "linear": LinearRegression,
    "ridge": lambda: make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 25))),
    "trees": lambda: GradientBoostingRegressor(n_estimators=100, max_depth=3, learning_rate=0.1, random_state=0),
    "gam": lambda: make_pipeline(SplineTransformer(n_knots=6, degree=3, include_bias=False), Ridge(alpha=10)),
}


def out_of_fold(model, x, y, fold_of):
    predicted = np.empty(len(y))
    for fold in range(fold_of.max() + 1):
        held = fold_of == fold
        means = np.nanmean(x[~held], axis=0)
        filled = np.where(np.isnan(x), means, x)
        predicted[held] = model().fit(filled[~held], y[~held]).predict(filled[held])
    return predicted


def main():
    folder, seeds, output = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    published = "--group-k-fold" in sys.argv
    result = {}
    for data in ("coherence", "consistency", "fluency", "relevance", "overall"):
        x, y, groups, names = read(f"{folder}/{data}.jsonl")
        if published:
            fold_of = np.zeros(len(y), int)
            for fold, (_, held) in enumerate(GroupKFold(5).split(x, y, names)):
                fold_of[held] = fold
            draws = [fold_of]
        else:
            draws = [folds_by_group(groups, 5, seed) for seed in range(seeds)]
        spread = ((y - y.mean()) ** 2).sum()
        result[data] = {}
        for name, model in MODELS.items():
            errors = [(y - out_of_fold(model, x, y, fold_of)) ** 2 for fold_of in draws]
            result[data][name] = {"r2": [1 - e.sum() / spread for e in errors], "mse": list(np.mean(errors, axis=0))}
    with open(output, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
