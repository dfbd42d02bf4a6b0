# the input is the JSON
ropewalk report fixtures/audit_small.json --json out.json
