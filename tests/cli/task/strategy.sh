# a strategy that there is not
ropewalk task kth model.gguf --strategy magic
