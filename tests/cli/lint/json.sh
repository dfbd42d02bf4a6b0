# the document
ropewalk lint --format json --reproducible --engine vllm fixtures/lint/RW004_factor.json
