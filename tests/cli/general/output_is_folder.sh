# a folder is no output file
mkdir folder
ropewalk measure --qk fixtures/st_given.safetensors --context 8 -o folder || echo "exit $?"
ropewalk measure --qk fixtures/st_given.safetensors --context 8 --json folder || echo "exit $?"
ropewalk report fixtures/audit_small.json -o folder || echo "exit $?"
rmdir folder
