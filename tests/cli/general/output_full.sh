# a device that takes nothing: said, exit 2, with every way to write
ropewalk measure --qk fixtures/st_given.safetensors --context 8 -o /dev/full || echo "exit $?"
ropewalk measure --qk fixtures/st_given.safetensors --context 8 --json /dev/full -q -o /dev/null || echo "exit $?"
ropewalk report fixtures/audit_small.json -o /dev/full || echo "exit $?"
ropewalk measure --qk fixtures/st_given.safetensors --context 8 >/dev/full || echo "exit $?"
for words in --help --version "lint --help" "lint --explain RW008"; do
    ropewalk $words >/dev/full || echo "exit $?"
done
