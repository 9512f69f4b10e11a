"""Fit the model by gradient descent: ``train.py TRAIN MODEL LOSS``."""

import json
import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from files import read_json, read_params, write_csv, write_json
from model import Scales, Weights, cross_entropy, probabilities, scaled

Rows = list[dict[str, Any]]


def measure(rows: Rows) -> Scales:
    """Return mean and deviation of each feature; 1 for one that never varies."""
    columns = zip(*(row["x"] for row in rows))
    return [
        (round(statistics.fmean(column), 6), round(statistics.pstdev(column), 6) or 1.0)
        for column in columns
    ]


def fit(
    rows: Rows, species: list[str], epochs: int, rate: float
) -> Iterator[tuple[float, Weights]]:
    """Yield, epoch after epoch, the loss before it and the weights after it."""
    width = len(rows[0]["x"]) + 1
    weights = [[0.0] * width for _ in species]
    for _ in range(epochs):
        slopes = [[0.0] * width for _ in species]
        right = []
        for row in rows:
            shares = probabilities(weights, row["x"])
            right.append(shares[species.index(row["species"])])
            for name, share, slope in zip(species, shares, slopes):
                error = share - (name == row["species"])
                for column, value in enumerate([*row["x"], 1.0]):
                    slope[column] += error * value / len(rows)
        weights = [
            [w - rate * down for w, down in zip(weight, slope)]
            for weight, slope in zip(weights, slopes)
        ]
        yield cross_entropy(right), weights


def logged(steps: Iterator[tuple[float, Weights]]) -> Iterator[tuple[float, Weights]]:
    """Yield the steps as they are, and log the loss of each as a curve of the run.

    Lines of JSON in the file that MLRUN_METRICS names become curves: see them with
    `git mlrun show last`.
    """
    with Path(os.environ.get("MLRUN_METRICS", os.devnull)).open("a") as log:
        for epoch, (loss, weights) in enumerate(steps, start=1):
            print(json.dumps({"step": epoch, "loss": loss}), file=log, flush=True)
            yield loss, weights


def main(source: Path, model: Path, loss_file: Path) -> None:
    """Run the stage."""
    params = read_params("train")
    rows = read_json(source)
    scales = measure(rows)
    rows = [{**row, "x": scaled(scales, row["x"])} for row in rows]
    species = sorted({row["species"] for row in rows})
    losses, weights = zip(*logged(fit(rows, species, params["epochs"], params["rate"])))

    rounded = [[round(w, 6) for w in weight] for weight in weights[-1]]
    write_json(model, {"species": species, "scales": scales, "weights": rounded})
    steps = ((epoch, f"{loss:.6f}") for epoch, loss in enumerate(losses, start=1))
    write_csv(loss_file, ["epoch", "loss"], steps)
    print(f"loss {losses[0]:.3f} at first, {losses[-1]:.3f} at last")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
