"""Stage `split`: keep a share of each class for the test."""

import sys

from sklearn.model_selection import train_test_split

from .config import load_config
from .paths import FEATURES, TEST, TRAIN
from .tables import Row, read_rows, write_rows


def split(
    rows: list[Row], target: str, share: float, seed: int
) -> tuple[list[Row], list[Row]]:
    """Return rows to train and rows to test; the same ones for the same seed."""
    classes = [row[target] for row in rows]
    train, test = train_test_split(
        rows, test_size=share, stratify=classes, random_state=seed
    )
    return train, test


def main(*overrides: str) -> None:
    """Run the stage."""
    config = load_config(*overrides)
    train, test = split(
        read_rows(FEATURES),
        config["data"]["target"],
        config["train"]["test_share"],
        config["seed"],
    )
    write_rows(TRAIN, train)
    write_rows(TEST, test)
    print(f"{len(train)} to train, {len(test)} to test")


if __name__ == "__main__":
    main(*sys.argv[1:])
