# inspect_llama3.json under the rules of transformers
ropewalk inspect fixtures/inspect_llama3.json --reproducible
