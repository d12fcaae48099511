"""SplineTransformer + RidgeCV over 11 shared penalties on the rows it is given: what `whole gam` is compared with.

Usage: python3 gam_sklearn.py ROWS.csv   (ten scores, then the target, on every line)
Prints one JSON object: seconds of the best of five fits, rows a second of the best of five predictions, R² on the rows.
Needs Debian's python3-sklearn.
"""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

rows = np.loadtxt(sys.argv[1], delimiter=",")
x, y = rows[:, :-1], rows[:, -1]
fits, predictions = [], []
for _ in range(5):
    start = time.perf_counter()
    model = make_pipeline(SplineTransformer(n_knots=8, degree=3, knots="quantile"), RidgeCV(alphas=np.logspace(-3, 3, 11))).fit(x, y)
    fits.append(time.perf_counter() - start)
for _ in range(5):
    start = time.perf_counter()
    predicted = model.predict(x)
    predictions.append(len(x) / (time.perf_counter() - start))
r2 = 1 - ((predicted - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
print(json.dumps({"fit": min(fits), "rows_per_second": max(predictions), "r2": r2, "sklearn": sklearn.__version__}))
