# a folder that does not exist
ropewalk measure --qk fixtures/st_given.safetensors --context 8 -o nowhere/x || echo "exit $?"
ropewalk measure --qk fixtures/st_given.safetensors --context 8 --json nowhere/x || echo "exit $?"
ropewalk report fixtures/audit_small.json -o nowhere/x || echo "exit $?"
