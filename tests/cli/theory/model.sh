# every rotation of a model; sliding layers see their window
ropewalk theory model:gemma-3-4b --draws 1 --coefficients aligned -q
