# the document of theory as a page, and a path of which no folder stays
mkdir deep
cp fixtures/config/qwen3.json deep/config.json
ropewalk theory deep/config.json --draws 1 --coefficients gaussian --reproducible --json t.json -o t.txt
grep -o '"source": "[^"]*"' t.json
ropewalk report t.json -o t.html
grep -c "<tr><td" t.html
rm -r deep t.json t.txt t.html
