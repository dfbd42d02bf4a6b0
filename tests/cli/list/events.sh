# events this build counts
ropewalk list events
