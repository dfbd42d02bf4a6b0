# no such engine
ropewalk lint --engine vllm,noone fixtures/lint/RW004_factor.json
