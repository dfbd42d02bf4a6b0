# the facts that travel with the program, beginning and end
ropewalk list models | grep -E '^(model|llama-3.1-8b|phi-3.5-mini|gpt-oss-20b|heads)'
ropewalk list models --json - | tr '{' '\n' | grep -F '"name":"llama-3.1-8b"'
