"""Keep a share of each species for the test: ``split.py IN OUT``."""

import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from files import read_json, read_params, write_json

Rows = list[dict[str, Any]]


def split(rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Return rows to train and rows to test; the same ones for the same seed."""
    by_species: dict[str, Rows] = defaultdict(list)
    for row in rows:
        by_species[row["species"]].append(row)
    shuffle = random.Random(seed).shuffle
    train: Rows = []
    test: Rows = []
    for _, members in sorted(by_species.items()):
        shuffle(members)
        count = round(len(members) * share)
        test += members[:count]
        train += members[count:]
    return train, test


def main(source: Path, out: Path) -> None:
    """Run the stage."""
    params = read_params("split")
    train, test = split(read_json(source), params["test"], params["seed"])
    write_json(out / "train.json", train)
    write_json(out / "test.json", test)
    print(f"{len(train)} to train, {len(test)} to test")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
