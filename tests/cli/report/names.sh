# whatever is wrong, the sentence names the file
printf '{"kind": "sweep", "tradeoff": [{"points": 3}]}' >sweep.json
printf '{"kind": "lint", "files": [' >cut.json
printf '{"schema_version": "1.0", "kind": "audit", "heads": 1}' >audit.json
for files in sweep.json cut.json audit.json 'fixtures/audit_small.json sweep.json' 'fixtures/audit_small.json cut.json' \
    'fixtures/audit_small.json audit.json' 'fixtures/report_lint.json fixtures/task_small.json'; do
    # shellcheck disable=SC2086
    ropewalk report $files -o page.html || true
done
ropewalk compare fixtures/audit_small.json audit.json || true
ropewalk compare cut.json audit.json || true
rm sweep.json cut.json audit.json
