# a league table of some shipped models, as text, CSV and page
ropewalk theory --models llama-3.1-8b,gemma-3-4b,llama-4-scout-17b-16e,falcon-7b,pythia-6.9b --draws 2 --count --count-limit 4k \
    --csv league.csv --json league.json --reproducible
head -3 league.csv | cut -c1-300
ropewalk report league.json -o page.html
grep -c "<tr><td" page.html
