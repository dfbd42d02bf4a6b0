# inspect_mla.json under the rules of transformers
ropewalk inspect fixtures/inspect_mla.json --reproducible
