# inspect_alibi.json under the rules of transformers
ropewalk inspect fixtures/inspect_alibi.json --reproducible
