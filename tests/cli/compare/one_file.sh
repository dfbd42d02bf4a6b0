# one file is no comparison
ropewalk compare fixtures/audit_small.json
