# a rule that does not exist
ropewalk lint --explain RW999
