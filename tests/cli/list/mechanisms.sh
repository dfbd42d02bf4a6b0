# scalings this build knows
ropewalk list mechanisms
