# every malformed capture: one sentence, exit 2
for f in fixtures/qk_bad_*.safetensors; do
    case $f in *given*) continue ;; esac
    ropewalk measure "$f" --layer 0 --head 0 --context 8 --json out.json || echo "${f#fixtures/} exit $?"
done
