# inspect_nested.json under the rules of transformers
ropewalk inspect fixtures/inspect_nested.json --reproducible
