# evaluate.sh MODELS DATA OUT DIGITS: the share of flowers whose nearest mean is that of their species.
set -e
echo model,accuracy > "$3"
for model in "$1"/*.txt; do
    awk -F, -v name="$(basename "$model" .txt)" -v digits="$4" '
        NR == FNR { column = $1; mean[$2] = $3; next }
        FNR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i; next }
        {
            best = -1
            for (species in mean) {
                distance = $at - mean[species]
                if (distance < 0) distance = -distance
                if (best < 0 || distance < best) { best = distance; guess = species }
            }
            all++
            right += guess == $NF
        }
        END { printf "%s,%." digits "f\n", name, right / all }
    ' "$model" "$2" >> "$3"
done
