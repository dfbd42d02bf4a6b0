# one word is required
ropewalk list
