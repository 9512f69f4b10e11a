"""split.py IN OUT: OUT/train.json and OUT/test.json, which has a share of each species."""

import json
import os
import random
import sys

source, out = sys.argv[1:]
with open("params.json") as file:
    params = json.load(file)["split"]
with open(source) as file:
    rows = json.load(file)

by_species = {}
for row in rows:
    by_species.setdefault(row["species"], []).append(row)
shuffle = random.Random(params["seed"]).shuffle
parts = {"train": [], "test": []}
for _, members in sorted(by_species.items()):
    shuffle(members)
    count = round(len(members) * params["test"])
    parts["test"] += members[:count]
    parts["train"] += members[count:]
os.makedirs(out, exist_ok=True)
for name, members in parts.items():
    with open(os.path.join(out, f"{name}.json"), "w") as file:
        json.dump(members, file, indent=1)
print(", ".join(f"{len(members)} to {name}" for name, members in parts.items()))
