# what was asked for, and nothing else
for e in position_inversion position_aliasing positional_insensitivity token_inversion token_aliasing attention_invariance cross_aliasing; do
    ropewalk measure --qk fixtures/st_given.safetensors --context 64 --events $e | cut -c 1-40 | sed 's/  *$//'
done
