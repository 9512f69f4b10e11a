"""train.py TRAIN MODEL LOSS: softmax regression by gradient descent, and its loss after each epoch."""

import csv
import json
import math
import os
import sys

source, model, loss_file = sys.argv[1:]
with open("params.json") as file:
    params = json.load(file)["train"]
with open(source) as file:
    rows = json.load(file)

species = sorted({row["species"] for row in rows})
width = len(rows[0]["x"]) + 1
weights = [[0.0] * width for _ in species]
losses = []
for epoch in range(params["epochs"]):
    loss = 0.0
    slope = [[0.0] * width for _ in species]
    for row in rows:
        x = row["x"] + [1.0]
        scores = [math.exp(sum(w * v for w, v in zip(weight, x))) for weight in weights]
        total = sum(scores)
        for at, name in enumerate(species):
            share, is_right = scores[at] / total, name == row["species"]
            if is_right:
                loss -= math.log(share)
            for column in range(width):
                slope[at][column] += (share - is_right) * x[column]
    for weight, down in zip(weights, slope):
        for column in range(width):
            weight[column] -= params["rate"] * down[column] / len(rows)
    losses.append(loss / len(rows))

# The run keeps curves that are logged like this, in any language.
with open(os.environ.get("MLRUN_METRICS", os.devnull), "a") as file:
    for epoch, loss in enumerate(losses, 1):
        file.write(json.dumps({"step": epoch, "loss": loss}) + "\n")
with open(model, "w") as file:
    rounded = [[round(w, 6) for w in weight] for weight in weights]
    json.dump({"species": species, "weights": rounded}, file, indent=1)
with open(loss_file, "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["epoch", "loss"])
    table.writerows((epoch, f"{loss:.6f}") for epoch, loss in enumerate(losses, 1))
print(f"loss {losses[0]:.3f}, then {losses[-1]:.3f}")
