"""featurise.py IN OUT: the features that params.json names, with mean 0 and deviation 1."""

import json
import statistics
import sys

source, out = sys.argv[1:]
with open("params.json") as file:
    names = json.load(file)["features"]
with open(source) as file:
    flowers = json.load(file)

for flower in flowers:
    flower["petal_area"] = flower["petal_length"] * flower["petal_width"]
    flower["sepal_area"] = flower["sepal_length"] * flower["sepal_width"]

columns = []
for name in names:
    values = [flower[name] for flower in flowers]
    mean, deviation = statistics.fmean(values), statistics.pstdev(values)
    columns.append([round((value - mean) / deviation, 6) for value in values])
rows = [{"species": flower["species"], "x": list(x)} for flower, x in zip(flowers, zip(*columns))]
with open(out, "w") as file:
    json.dump(rows, file, indent=1)
print(f"{len(names)} features")
