# inspect_learned.json under the rules of transformers
ropewalk inspect fixtures/inspect_learned.json --reproducible
