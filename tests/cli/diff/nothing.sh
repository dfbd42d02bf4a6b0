# two descriptions, or one and a question, are required
ropewalk diff
