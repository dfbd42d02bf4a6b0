# one path that cannot be read does not hide the others, and is exit code 2
ropewalk lint --engine vllm nowhere.json fixtures/lint/RW001_known.gguf fixtures/gguf_bad_magic.gguf || echo "exit $?"
ropewalk lint nowhere.json || echo "exit $?"
