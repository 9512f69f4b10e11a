"""What the stages write, from the directory of the project, where they run."""

from pathlib import Path

CLEAN = Path("data/interim/clean.csv")
FEATURES = Path("data/processed/features.csv")
TRAIN = Path("data/processed/train.csv")
TEST = Path("data/processed/test.csv")
MODEL = Path("models/model.joblib")
METRICS = Path("metrics.json")
LEARNING_CURVE = Path("reports/learning_curve.csv")
CONFUSION = Path("reports/confusion.csv")
