# every query with every key and every two keys of a file, counts beside them
ropewalk theory --qk fixtures/st_given.safetensors --context 64 --count | sed -n 1,60p
