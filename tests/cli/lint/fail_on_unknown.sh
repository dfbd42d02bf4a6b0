# no such severity
ropewalk lint --fail-on always fixtures/lint/RW004_factor.json
