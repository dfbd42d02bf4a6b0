# inspect_yarn_truncate.json under the rules of transformers
ropewalk inspect fixtures/inspect_yarn_truncate.json --reproducible
