# The document, its pictures, and a summary; twice the same.
ropewalk reproduce --quick --only escape -o page -q
ropewalk reproduce --quick --only escape -o again -q -t 1 --isa ref > summary.txt
cmp page/reproduction.md again/reproduction.md
for f in page/reproduction/*.svg; do cmp "$f" "again/${f#page/}"; echo "${f##*/}"; done
grep -c '^| \[' page/reproduction.md
ropewalk reproduce --quick --only escape --json - -q | tr ',' '\n' | grep -c '"verdict"'
