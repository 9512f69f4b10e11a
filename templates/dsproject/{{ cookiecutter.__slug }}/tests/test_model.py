"""Models are built, measured and judged, on data that anything can tell apart."""

import json
from pathlib import Path

import numpy as np
import pytest

from {{ cookiecutter.__package }}.evaluate import evaluate
from {{ cookiecutter.__package }}.train import build_model, log_curve, measure

X = np.array([[n, 10.0 * (n % 2)] for n in range(40)])
Y = np.array(["even", "odd"] * 20)


@pytest.mark.parametrize(
    ("name", "params"), [("logistic", {"C": 10.0}), ("forest", {"n_estimators": 5})]
)
def test_every_model_learns(name: str, params: dict[str, float]) -> None:
    """What is easy is learnt."""
    metrics = evaluate(build_model(name, params, seed=1).fit(X, Y), X, Y)
    assert metrics["accuracy"] == metrics["f1"] == 1.0


def test_an_unknown_model_is_refused() -> None:
    """Names are those of `configs/model`."""
    with pytest.raises(KeyError):
        build_model("oracle", {}, seed=1)


def test_the_curve_grows_to_all_examples_of_a_fold() -> None:
    """With two folds a half of the examples is there to learn from."""
    points = measure(build_model("logistic", {}, seed=1), X, Y, folds=2)
    assert [point["examples"] for point in points] == [4, 8, 12, 16, 20]


def test_points_become_a_curve_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a line of JSON in the file that `git mlrun` names."""
    log = tmp_path / "metrics"
    monkeypatch.setenv("MLRUN_METRICS", str(log))
    log_curve([{"examples": 4, "accuracy": 0.5}])
    assert json.loads(log.read_text()) == {"step": 4, "validation.accuracy": 0.5}
