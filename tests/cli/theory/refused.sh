# each in one sentence
for words in "" "--head-dim 128" "--head-dim 7 --rope-theta 1e4" "--head-dim 128 --rope-theta 1" "--head-dim 128 --rope-theta 0.5" \
    "--head-dim 128 --rope-theta 1e4 -c 0" "--head-dim 128 --rope-theta 1e4 -c 2147483649" "--head-dim 128 --rope-theta 1e4 --dtype f64" \
    "--head-dim 128 --rope-theta 1e4 --draws 0" "--head-dim 128 --rope-theta 1e4 --draws 1000000000" \
    "--head-dim 128 --rope-theta 1e4 --coefficients round" "--head-dim 128 --rope-theta 1e4 --coefficients flat,flat" \
    "--head-dim 128 --rope-theta 1e4 --coefficients flat," "--head-dim 128 --rope-theta nan" "--head-dim 0 --rope-theta 1e4" \
    "--head-dim 5000 --rope-theta 1e4" "--head-dim 128 --rope-theta 1e4 --rotary-dim 129" "--head-dim 128 --rope-theta 1e4 --pairs odd" \
    "--head-dim 128 --rope-theta 1e4 --layer 1" "--head-dim 128 --rope-theta 1e4 model:llama-3.1-8b" "model:llama-3.1-8b --rotary-dim 64" \
    "model:nobody" "--head-dim 128 --rope-theta 1e4 --rope-scaling odd" "--head-dim 128 --rope-theta 1e4 --score-scale 0" \
    "--head-dim 128 --rope-theta 1e4 --zeta 0" "--qk fixtures/qk_bad_given_nan.safetensors --rope-theta 1e4" "--qk nothing.safetensors" \
    "--head-dim 128 --rope-theta 1e4 --csv nowhere/t.csv" "--head-dim 128 --rope-theta 1e4 --csv a --json a" "--qk x --draws 3"; do
    ropewalk theory $words 2>&1 && echo accepted || echo "  exit $?: $words"
done
