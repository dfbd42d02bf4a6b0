# inspect_bare.json under the rules of transformers
ropewalk inspect fixtures/inspect_bare.json --reproducible
