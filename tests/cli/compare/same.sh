# an audit against itself: nothing moved; the page and the document of it
ropewalk compare fixtures/audit_small.json fixtures/audit_small.json -o c.html --json c.json --reproducible
ropewalk report c.json >same.html
cmp c.html same.html
grep -c '</html>' c.html
rm c.html c.json same.html
