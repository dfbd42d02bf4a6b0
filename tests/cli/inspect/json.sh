# the document, its version left out
ropewalk inspect fixtures/gguf_gemma3.gguf --reproducible --json - | sed 's/"version": "[^"]*"/"version": ""/' 
