# descriptions, engines and findings, by themselves and beside an audit
for kind in diff inspect lint; do
    ropewalk report fixtures/report_$kind.json >page.html
    grep -o '<h1>[^<]*</h1>' page.html
    grep -c '<svg class=chart' page.html || true
done
ropewalk report fixtures/audit_small.json fixtures/report_diff.json fixtures/report_inspect.json fixtures/report_lint.json >page.html
grep -c '</html>' page.html
grep -o 'Findings of lint\|Do all run the same positions?\|What is declared of' page.html
rm page.html
