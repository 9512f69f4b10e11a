"""Say what the model takes each row of a CSV file for: ``scripts/predict.py FILE``."""

import sys
from pathlib import Path

import joblib

from {{ cookiecutter.__package }}.config import load_config
from {{ cookiecutter.__package }}.featurise import add_areas, choose
from {{ cookiecutter.__package }}.paths import MODEL
from {{ cookiecutter.__package }}.tables import read_rows, to_arrays


def main(source: str) -> None:
    """Print one class a line."""
    data = load_config()["data"]
    rows = [{data["target"]: "", **add_areas(row)} for row in read_rows(Path(source))]
    chosen = [choose(row, data["features"], data["target"]) for row in rows]
    x, _ = to_arrays(chosen, data["target"])
    for name in joblib.load(MODEL).predict(x):
        print(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
