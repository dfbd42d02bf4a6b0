# What cannot be timed is refused before anything runs.
refused() {
    code=0
    ropewalk bench --quick "$@" || code=$?
    echo "$code: $*"
}
refused --geometry llama9
refused --geometry pairs-8k,
refused --context 1
refused --geometry none --vectors v.safetensors
refused --geometry pairs-8k,pairs-128k --vectors v.safetensors
refused --geometry pairs-8k --vectors /nowhere/v.safetensors
refused --isa vax
refused more words
ls
