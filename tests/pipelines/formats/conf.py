SEED: int = 7
GRID = {"a": [1, 2], "b": ["x", True]}


class Train:
    lr = 0.5
    names = ["p", "q"]
