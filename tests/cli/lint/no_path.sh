# a path is required
ropewalk lint
