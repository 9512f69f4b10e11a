"""Stage `train`: fit the model, and see how it does with fewer examples."""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import learning_curve
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from .config import load_config
from .paths import LEARNING_CURVE, MODEL, TRAIN
from .tables import Row, read_rows, to_arrays, write_rows

CLASSIFIERS: dict[str, type[ClassifierMixin]] = {
    "forest": RandomForestClassifier,
    "logistic": LogisticRegression,
}


def build_model(name: str, params: dict[str, Any], seed: int) -> Pipeline:
    """Return a model that was not fitted yet; it scales the features itself."""
    classifier = CLASSIFIERS[name](**params, random_state=seed)
    return make_pipeline(StandardScaler(), classifier)


def measure(model: Pipeline, x: np.ndarray, y: np.ndarray, folds: int) -> list[Row]:
    """Return the accuracy in cross-validation for growing numbers of examples."""
    sizes, _, scores = learning_curve(
        model,
        x,
        y,
        cv=folds,
        train_sizes=np.linspace(0.2, 1.0, 5),
        shuffle=True,
        random_state=0,
    )
    return [
        {"examples": int(size), "accuracy": round(float(score), 4)}
        for size, score in zip(sizes, scores.mean(axis=1), strict=True)
    ]


def log_curve(points: Iterable[Row]) -> None:
    """Log the points as a curve of the run: see `git mlrun show last`."""
    with Path(os.environ.get("MLRUN_METRICS", os.devnull)).open("a") as log:
        for point in points:
            line = {"step": point["examples"], "validation.accuracy": point["accuracy"]}
            print(json.dumps(line), file=log)


def main(*overrides: str) -> None:
    """Run the stage."""
    config = load_config(*overrides)
    x, y = to_arrays(read_rows(TRAIN), config["data"]["target"])
    model = build_model(**config["model"], seed=config["seed"])
    points = measure(model, x, y, config["train"]["folds"])
    log_curve(points)
    write_rows(LEARNING_CURVE, points)
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(model.fit(x, y), MODEL)
    print(f"accuracy {points[-1]['accuracy']:.3f} in cross-validation")


if __name__ == "__main__":
    main(*sys.argv[1:])
