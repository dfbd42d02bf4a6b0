# every key of the document, of a config, its version left out
ropewalk inspect fixtures/inspect_mla.json --reproducible --json - | sed 's/"version": "[^"]*"/"version": ""/'
