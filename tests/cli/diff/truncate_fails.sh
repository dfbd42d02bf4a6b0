# differences between engines are warnings
cat > config.json <<'C'
{"model_type": "gpt_oss", "num_hidden_layers": 4, "hidden_size": 2880, "head_dim": 64,
 "num_attention_heads": 64, "num_key_value_heads": 8, "sliding_window": 128, "layer_types":
 ["sliding_attention", "full_attention", "sliding_attention", "full_attention"],
 "max_position_embeddings": 131072, "initial_context_length": 4096, "rope_theta": 150000,
 "num_local_experts": 32, "rope_scaling": {"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0,
 "beta_slow": 1.0, "original_max_position_embeddings": 4096, "truncate": false}}
C
ropewalk diff config.json --engine mlx-lm --fail-on warn -o out.txt
