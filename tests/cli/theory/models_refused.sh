# what does not go with a league
for words in "llama-3.1-8b,nobody" "llama-3.1-8b --context 8k" "--head-dim 64" "--frontier" "--score-scale model" "--hf-overrides {}" ","; do
    ropewalk theory --models $words 2>&1 && echo accepted || echo "  exit $?: $words"
done
echo "{\"kind\": \"league\"}" > l.json
ropewalk report l.json -o page.html || echo "  exit $?"
rm l.json
