# the ramp of yarn as llama.cpp, vllm and mlx-lm make it
for engine in transformers llama.cpp vllm mlx-lm; do
    ropewalk inspect fixtures/inspect_yarn_truncate.json --engine $engine | grep -e rules -e ^rotation -e parameters -e mscale -e beta_fast -e wavelengths -e truncate
done
ropewalk inspect fixtures/inspect_llama3.json --engine tgi && exit 1
ropewalk inspect fixtures/gguf_llama3.gguf --engine vllm && exit 1
exit 0
