# a window as wide as what is served limits nothing; served beyond it, it does
model='{"model_type": "mistral", "hidden_size": 96, "num_attention_heads": 1, "num_hidden_layers": 2,
"rope_theta": 10000.0, "max_position_embeddings": 4096, "sliding_window":'
printf '%s' "$model 4096}" >windowed.json
printf '%s' "$model null}" >full.json
ropewalk diff windowed.json full.json | grep -E "attention  |RWD03|^[012] "
ropewalk diff windowed.json full.json --context 8k | grep -E "attention  |RWD03|^[012] "
