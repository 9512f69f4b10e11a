"""The configuration is put together as its files say."""

from pathlib import Path

import pytest

from {{ cookiecutter.__package }}.config import find_root, load_config

FILES = {
    "config.yaml": "defaults:\n  - model: small\n  - _self_\nseed: 1\n",
    "model/small.yaml": "name: small\nparams: {depth: 1, width: 2}\n",
    "model/large.yaml": "name: large\nparams: {depth: 9}\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the directory of a project with a configuration."""
    for name, text in FILES.items():
        path = tmp_path / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_group_comes_under_its_name(root: Path) -> None:
    """The file that `defaults` chooses is what the group holds."""
    config = load_config(root=root)
    params = {"depth": 1, "width": 2}
    assert config == {"model": {"name": "small", "params": params}, "seed": 1}


def test_an_override_chooses_or_sets(root: Path) -> None:
    """An override takes another file, or another value."""
    config = load_config("model=large", "model.params.depth=3", "seed=2", root=root)
    assert config == {"model": {"name": "large", "params": {"depth": 3}}, "seed": 2}


def test_the_main_file_wins_if_it_is_last(root: Path) -> None:
    """`_self_` stands for the place of the main file."""
    main = root / "configs" / "config.yaml"
    main.write_text(FILES["config.yaml"] + "model: {params: {depth: 5}}\n")
    assert load_config(root=root)["model"]["params"] == {"depth": 5, "width": 2}


@pytest.mark.parametrize(
    ("override", "error"),
    [
        ("model.params.dept=3", KeyError),
        ("seed.value=3", KeyError),
        ("model=huge", FileNotFoundError),
        ("seed", ValueError),
    ],
)
def test_typing_errors_are_noticed(
    root: Path, override: str, error: type[Exception]
) -> None:
    """An override that fits nothing is refused."""
    with pytest.raises(error):
        load_config(override, root=root)


def test_the_root_is_found_from_below(root: Path) -> None:
    """Notebooks run in a directory of their own."""
    below = root / "notebooks"
    below.mkdir()
    assert find_root(below) == root.resolve()
