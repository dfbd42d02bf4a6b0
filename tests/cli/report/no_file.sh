# a file is required
ropewalk report -o page.html
