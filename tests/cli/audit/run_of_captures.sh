# captures are made already: nothing that steers a run
for o in "--text a.txt" "--tokens 100" "--captures ." "--text-dir ." "--runner ./x"; do
    ropewalk audit --qk fixtures/st_capture.safetensors $o || echo "exit $?"
done
