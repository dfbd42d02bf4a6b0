# What cannot be made is refused before anything is counted.
refused() {
    code=0
    ropewalk reproduce --quick "$@" || code=$?
    echo "$code: $*"
}
refused --only nothing
refused --only escape,
refused --audit absent.json
echo '{"kind":"measure"}' > measure.json
refused --audit measure.json
refused --audit measure.json --json measure.json
refused -o /nowhere/deep
refused more words
