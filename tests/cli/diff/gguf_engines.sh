# engines whose rules are known for config.json alone say so
ropewalk diff fixtures/gguf_yarn.gguf --engine all | sed '/^what engines do/,/^$/d'
