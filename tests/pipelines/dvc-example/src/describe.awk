# The mean of each column for one species.
NR == 1 { for (i = 1; i < NF; i++) column[i] = $i }
NR > 1 && $NF == name { n++; for (i = 1; i < NF; i++) sum[i] += $i }
END {
    printf "%s: %d flowers\n", name, n
    for (i = 1; i in column; i++) printf "  %s %.2f\n", column[i], sum[i] / n
}
