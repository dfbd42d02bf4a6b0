# what is given on the command line, in both kinds of file, and where it says so
show() { ropewalk inspect "$@" | grep -e ^rotation -e rope_theta -e given -e 'original context' -e warn -e '  key'; }
show fixtures/inspect_llama3.json --rope-theta 1000000 --rope-scale 16
show fixtures/inspect_llama3.json --rope-scaling yarn --rope-freq-scale 0.25 --yarn-beta-fast 16
show fixtures/inspect_llama3.json --rope-scaling none
show fixtures/inspect_learned.json --hf-overrides '{"n_positions": 2048}'
show fixtures/inspect_yarn_truncate.json --hf-overrides '{"rope_scaling": {"truncate": true, "factor": 8}, "rope_theta": 10000}'
show fixtures/inspect_llama3.json --hf-overrides '{"rope_scaling": null}'
show fixtures/gguf_yarn.gguf --rope-freq-base 500000 --rope-scaling linear --rope-scale 2
show model:qwen2.5-7b --hf-overrides '{"rope_scaling": {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 32768}}'
