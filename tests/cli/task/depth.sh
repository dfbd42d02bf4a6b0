# a depth outside the list
ropewalk task kth model.gguf --depth 0.5,1.5
