# a task that there is not
ropewalk task kthh model.gguf
