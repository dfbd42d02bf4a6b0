# a capture brings its own rotation
for o in "--rope-theta 10000" "--rope-scaling none" "--pairs half" "--rotary-dim 4"; do
    ropewalk measure --qk fixtures/st_capture.safetensors --layer 0 --head 1 --context 8 $o || echo "exit $?"
done
