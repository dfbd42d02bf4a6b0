# files that cannot be read
for f in nothing.json fixtures ""; do
    ropewalk report "$f" -o page.html || echo "exit $?"
done
