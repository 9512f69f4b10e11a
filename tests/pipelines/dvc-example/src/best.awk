# The best of the models as JSON.
NR > 1 && $2 > best { best = $2; name = $1 }
END { printf "{\"accuracy\": %." digits "f, \"model\": \"%s\"}\n", best, name }
