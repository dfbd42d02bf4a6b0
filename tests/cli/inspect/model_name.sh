# a shipped model, and a name nobody knows
ropewalk inspect model:Llama-3.1-8B
ropewalk inspect model:llama-3.1-8x && exit 1
exit 0
