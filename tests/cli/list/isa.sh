# instruction sets, the reference last
ropewalk list isa
