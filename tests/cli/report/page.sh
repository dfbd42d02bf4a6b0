# a page, whole; standard output gives the same
ropewalk report fixtures/audit_small.json -o page.html
ropewalk report fixtures/audit_small.json >same.html
cmp page.html same.html
head -n 1 page.html
grep -c '</html>' page.html
grep -c "<script" page.html
rm page.html same.html
