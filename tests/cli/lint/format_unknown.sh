# no such format
ropewalk lint --format xml fixtures/lint/RW004_factor.json
