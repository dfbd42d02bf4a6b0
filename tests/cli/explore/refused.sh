# a page that cannot be written, and words that are not asked for
for where in nowhere/page.html fixtures ""; do
    ropewalk explore -o "$where" || echo "exit $?"
done
ropewalk explore page.html || echo "exit $?"
ropewalk explore --json out.json || echo "exit $?"
