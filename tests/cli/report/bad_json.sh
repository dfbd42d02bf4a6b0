# what is no report is refused
try() {
    printf '%s' "$1" >bad.json
    ropewalk report bad.json -o page.html || echo "exit $?"
}
try ''
try '{'
try '[]'
try 'null'
try '{}'
try '{"a": NaN}'
try '{"schema_version": 1}'
try '{"schema_version": "9.0", "kind": "audit"}'
try '{"schema_version": "1.0", "kind": "measure"}'
head -c 3000 fixtures/audit_small.json >bad.json
ropewalk report bad.json -o page.html || echo "exit $?"
ropewalk report fixtures/gguf_llama.gguf -o page.html || echo "exit $?"
rm bad.json
