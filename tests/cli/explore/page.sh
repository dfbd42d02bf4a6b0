# a page, whole; standard output gives the same
ropewalk explore -o page.html
ropewalk explore >same.html
cmp page.html same.html
head -n 1 page.html
grep -c "</html>" page.html
grep -c "<script" page.html
grep -o "Content-Security-Policy\|wasm-unsafe-eval\|worker-src blob:" page.html
rm page.html same.html
