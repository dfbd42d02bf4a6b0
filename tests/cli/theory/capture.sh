# a head of a capture
ropewalk theory --qk fixtures/st_capture.safetensors --layer 0 --head 1 --context 100 --key-rows 0,1
ropewalk theory --qk fixtures/st_capture.safetensors || echo "exit $?"
