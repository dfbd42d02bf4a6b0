# a page as plain text
ropewalk lint --explain rw009
