# lint and another audit beside an audit, in whatever order
ropewalk lint fixtures/gguf_yarn.gguf --json lint.json --reproducible -q --fail-on never >/dev/null
ropewalk report lint.json fixtures/audit_small.json fixtures/audit_small.json >page.html
grep -c '</html>' page.html
grep -o 'Findings of lint\|: what moved' page.html
rm page.html lint.json
