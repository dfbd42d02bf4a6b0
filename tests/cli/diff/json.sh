# the document: A with a scaling given, against the file as it is
cat > a.json <<'C'
{"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 4,
 "max_position_embeddings": 4096, "rope_theta": 10000.0}
C
ropewalk diff a.json a.json --rope-scaling linear --rope-scale 2 --json - --reproducible | grep -v "\"point\":"
