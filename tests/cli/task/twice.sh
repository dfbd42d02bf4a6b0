# the same task twice
ropewalk task curse:ask=item2pos,curse:ask=item2pos model.gguf
