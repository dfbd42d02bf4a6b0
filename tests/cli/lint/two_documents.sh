# --format and --json both choose the document
ropewalk lint --format sarif --json - fixtures/lint/RW004_factor.json
