# a task without a model
ropewalk task kth
