# --qk is required
ropewalk measure
