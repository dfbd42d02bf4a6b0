# inspect_mrope.json under the rules of transformers
ropewalk inspect fixtures/inspect_mrope.json --reproducible
