# nothing in a name, an address or a file steers the terminal, adds a line, or gives a signature away
name=$(printf 'x\033[2J\302\233\342\200\256\n::error::y.json')
cat >"$name" <<'JSON'
{"model_type": "a\u001b[2J\u009b\u202e\nb", "architectures": ["c\u001b]0;t\u0007"], "hidden_size": 64,
 "num_attention_heads": 4, "num_hidden_layers": 2, "max_position_embeddings": 4096, "rope_theta": 10000.0,
 "rope_scaling": {"rope_type": "\u001b[31mred\u202e", "factor": 2.0}}
JSON
ropewalk lint --engine vllm "$name" "http://127.0.0.1:1/f.json?signature=secret/1#also" | grep -a -e "^x" -e "^http" -e RW003 || echo "exit $?"
for format in json sarif; do
    ropewalk lint --format $format "$name" "http://127.0.0.1:1/f.json?signature=secret/1" >out 2>&1 || true
    LC_ALL=C grep -c -e secret -e "$(printf '\033')" -e "$(printf '\302\233')" -e "$(printf '\342\200\256')" out || true
done
ropewalk diff "$name" --engine all >out || true
ropewalk inspect "$name" >>out
LC_ALL=C grep -c -e "$(printf '\033')" -e "$(printf '\302\233')" -e "$(printf '\342\200\256')" -e '^::' out || true
rm out "$name"
