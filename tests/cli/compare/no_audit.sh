# a document of another kind
echo "{\"schema_version\": \"1.0\", \"kind\": \"lint\"}" >c.json
ropewalk compare fixtures/audit_small.json c.json || { code=$?; rm c.json; exit $code; }
