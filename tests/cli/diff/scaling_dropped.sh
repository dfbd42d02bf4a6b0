# the same with the scaling left out of the config
cat > config.json <<'C'
{"model_type": "llama", "num_hidden_layers": 16, "hidden_size": 2048, "num_attention_heads": 32,
 "num_key_value_heads": 8, "head_dim": 64, "max_position_embeddings": 131072, "rope_theta": 500000.0,
 "torch_dtype": "bfloat16", "rope_scaling": {"rope_type": "llama3", "factor": 32.0,
 "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}}
C
ropewalk diff config.json fixtures/gguf_llama3.gguf --hf-overrides '{"rope_scaling": null}'
