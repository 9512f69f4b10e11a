"""load.py CSV OUT: the measurements as numbers, each flower once."""

import csv
import json
import os
import sys

source, out = sys.argv[1:]
flowers, seen = [], set()
with open(source, newline="") as file:
    for row in csv.DictReader(file):
        key = tuple(row.values())
        if key in seen:
            continue
        seen.add(key)
        species = row.pop("species")
        flowers.append({"species": species, **{name: float(text) for name, text in row.items()}})
os.makedirs(os.path.dirname(out), exist_ok=True)
with open(out, "w") as file:
    json.dump(flowers, file, indent=1)
print(f"{len(flowers)} flowers")
