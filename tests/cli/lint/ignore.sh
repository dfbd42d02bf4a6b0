# findings passed over keep their reason; entries that match nothing are told; a reason is needed
printf 'RW009  *RW009*  # not served beyond 4096\nRW002 *.gguf # none here\n' > ignore
ropewalk lint --engine vllm --ignore ignore fixtures/lint/RW009_too_small.json
printf '# first line\nRW009 *\n' > ignore
ropewalk lint --ignore ignore fixtures/lint/RW009_too_small.json || echo "exit $?"
ropewalk lint --ignore nowhere fixtures/lint/RW009_too_small.json || echo "exit $?"
rm ignore
