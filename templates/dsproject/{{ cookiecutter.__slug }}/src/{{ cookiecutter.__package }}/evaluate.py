"""Stage `evaluate`: compare predictions with the truth."""

import json
import sys
from typing import Any

import joblib
import numpy as np
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.pipeline import Pipeline

{% if cookiecutter.tracking != 'none' %}
from . import tracking
{% endif %}
from .config import load_config
from .paths import CONFUSION, METRICS, MODEL, TEST
from .tables import read_rows, to_arrays, write_rows


def evaluate(model: Pipeline, x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return how well the model does on examples that it has not seen."""
    predicted = model.predict(x)
    scores = {
        "accuracy": accuracy_score(y, predicted),
        "f1": f1_score(y, predicted, average="macro"),
        "loss": log_loss(y, model.predict_proba(x), labels=model.classes_),
    }
    return {name: round(float(score), 4) for name, score in scores.items()}


def main(*overrides: str) -> None:
    """Run the stage."""
    config = load_config(*overrides)
    model = joblib.load(MODEL)
    x, y = to_arrays(read_rows(TEST), config["data"]["target"])
    metrics = evaluate(model, x, y)
    METRICS.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    pairs = sorted(zip(y, model.predict(x), strict=True))
    write_rows(CONFUSION, ({"actual": a, "predicted": p} for a, p in pairs))
{% if cookiecutter.tracking != 'none' %}
    tracking.log_run(config, metrics)
{% endif %}
    print(f"accuracy {metrics['accuracy']:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
