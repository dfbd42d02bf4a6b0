# a name spelt without its dash finds its like
ropewalk inspect model:llama3.1-8b
