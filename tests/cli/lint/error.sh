# an error is exit code 1
ropewalk lint -q fixtures/lint/RW009_too_small.json >/dev/null || echo "exit $?"
ropewalk lint -q --fail-on never fixtures/lint/RW009_too_small.json >/dev/null
