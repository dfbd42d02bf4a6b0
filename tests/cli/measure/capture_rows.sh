# layers, heads and rows that a capture does not have
measure() { ropewalk measure --qk fixtures/st_capture.safetensors --context 8 "$@" || echo "exit $?"; }
measure
measure --layer 0
measure --layer 77 --head 0
measure --layer 1 --head 0
measure --layer 0 --head 99
measure --layer 0 --head 0 --query-row 99
measure --layer 0 --head 0 --key-rows 99
measure --layer 0 --head 0 --key-rows -1
measure --layer -1 --head 0
