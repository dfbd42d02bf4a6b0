# names as JSON
ropewalk list events --json -
