"""Compare predictions with the truth: ``evaluate.py MODEL TEST METRICS CONFUSION``."""

import sys
from pathlib import Path
from typing import Any

from files import read_json, write_csv, write_json
from model import cross_entropy, probabilities, scaled


def evaluate(
    model: dict[str, Any], rows: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return metrics, and for each flower its species and the one predicted."""
    species, scales = model["species"], model["scales"]
    shares = [probabilities(model["weights"], scaled(scales, row["x"])) for row in rows]
    actual = [row["species"] for row in rows]
    predicted = [species[share.index(max(share))] for share in shares]
    pairs = list(zip(actual, predicted))
    right = sum(name == guess for name, guess in pairs)
    loss = cross_entropy(
        [share[species.index(name)] for name, share in zip(actual, shares)]
    )
    recall = {
        name: round(pairs.count((name, name)) / actual.count(name), 4)
        for name in species
    }
    metrics = {
        "accuracy": round(right / len(rows), 4),
        "loss": round(loss, 4),
        "recall": recall,
    }
    return metrics, pairs


def main(model: Path, test: Path, metrics_file: Path, confusion: Path) -> None:
    """Run the stage."""
    metrics, pairs = evaluate(read_json(model), read_json(test))
    write_json(metrics_file, metrics)
    write_csv(confusion, ["actual", "predicted"], sorted(pairs))
    print(f"accuracy {metrics['accuracy']:.3f}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
