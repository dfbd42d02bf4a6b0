# a factor's value that there is not
ropewalk task curse:anchor=side model.gguf
