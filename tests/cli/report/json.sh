# no such option: there is no JSON to write
ropewalk report fixtures/audit_small.json --json out.json
