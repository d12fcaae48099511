"""Reference routers between two models, refitted on given folds: TF-IDF with ridge regression, and nearest neighbours on TF-IDF.

routing_references.py MATRIX FOLDS OUT: FOLDS holds {"strong": model, "weak": model, "folds": [[fold of each row], ...]}, one list a draw. OUT gets, for each reference
and draw, the out-of-fold score of each row: the predicted gain of the strong model.
"""
import json
import sys

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor


def main(matrix, folds, out):
    rows = [json.loads(line) for line in open(matrix, encoding="utf-8")]
    given = json.load(open(folds, encoding="utf-8"))
    prompts = [row["prompt"] for row in rows]
    gain = np.array([row["quality"][given["strong"]] - row["quality"][given["weak"]] for row in rows], float)
    models = {"TF-IDF ridge": lambda: Ridge(alpha=1.0), "TF-IDF ridge, λ 3": lambda: Ridge(alpha=3.0)}
    for k in (20, 50, 100):
        models[f"kNN {k}"] = lambda k=k: KNeighborsRegressor(n_neighbors=k)
    scores = {name: [] for name in models}
    for fold_of in given["folds"]:
        fold_of = np.array(fold_of)
        drawn = {name: np.zeros(len(rows)) for name in models}
        for fold in range(fold_of.max() + 1):
            train, test = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
            vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
            a = vectorizer.fit_transform([prompts[i] for i in train])
            b = vectorizer.transform([prompts[i] for i in test])
            for name, make in models.items():
                drawn[name][test] = make().fit(a, gain[train]).predict(b)
        for name in models:
            scores[name].append(drawn[name].tolist())
    json.dump(scores, open(out, "w", encoding="utf-8"))


if __name__ == "__main__":
    main(*sys.argv[1:4])
