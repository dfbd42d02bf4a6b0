# options that make no sense are one sentence each
refused() { ropewalk inspect "$@" && exit 1; return 0; }
refused fixtures/inspect_llama3.json --hf-overrides '[1]'
refused fixtures/inspect_llama3.json --hf-overrides '{"a": '
refused fixtures/gguf_yarn.gguf --hf-overrides '{}'
refused fixtures --hf-overrides '{}'
refused model:nobody --hf-overrides '{}'
refused fixtures/inspect_llama3.json --rope-theta 1
refused fixtures/inspect_llama3.json --rope-scaling sideways
refused fixtures/inspect_llama3.json --yarn-ext-factor 1
refused fixtures/inspect_bare.json --yarn-beta-fast 8
refused fixtures/inspect_llama3.json --rope-scale 0
refused fixtures/inspect_llama3.json --rope-freq-scale 0
refused fixtures/inspect_llama3.json --yarn-orig-ctx 0.5
refused fixtures/gguf_yarn.gguf --rope-scaling llama3
refused fixtures/gguf_yarn.gguf --low-freq-factor 1
refused fixtures/inspect_llama3.json --length 0
