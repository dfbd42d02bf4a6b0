# a document that no page is made of
printf '{"schema_version": "1.0", "kind": "measure"}' >measure.json
ropewalk report measure.json || { code=$?; rm measure.json; exit $code; }
