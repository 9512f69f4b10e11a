"""evaluate.py MODEL TEST METRICS CONFUSION: how well the model does on flowers that it has not seen."""

import csv
import json
import math
import sys

model_file, source, metrics, confusion = sys.argv[1:]
with open(model_file) as file:
    model = json.load(file)
with open(source) as file:
    rows = json.load(file)

species = model["species"]
pairs, loss = [], 0.0
for row in rows:
    x = row["x"] + [1.0]
    scores = [sum(w * v for w, v in zip(weight, x)) for weight in model["weights"]]
    highest = max(scores)
    total = sum(math.exp(score - highest) for score in scores)
    loss += math.log(total) + highest - scores[species.index(row["species"])]
    pairs.append((row["species"], species[scores.index(highest)]))

right = sum(actual == predicted for actual, predicted in pairs)
recall = {}
for name in species:
    found = [predicted == name for actual, predicted in pairs if actual == name]
    recall[name] = round(sum(found) / len(found), 4)
with open(metrics, "w") as file:
    accuracy, loss = round(right / len(pairs), 4), round(loss / len(pairs), 4)
    json.dump({"accuracy": accuracy, "loss": loss, "recall": recall}, file, indent=1)
with open(confusion, "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["actual", "predicted"])
    table.writerows(sorted(pairs))
print(f"{right} of {len(pairs)} are right")
