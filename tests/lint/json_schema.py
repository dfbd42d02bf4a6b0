"""Validation against a JSON schema of draft 4, as much of it as SARIF's uses. A keyword that is not
known here is an error, so that nothing is passed over in silence."""
import re

SILENT = {"$schema", "id", "title", "description", "default", "definitions", "format"}
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool}


def is_kind(value, kind):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, KINDS[kind])


class Schema:
    def __init__(self, root):
        self.root = root

    def faults(self, value, schema=None, where="$"):
        """Every place where `value` breaks the schema, as sentences."""
        schema = self.root if schema is None else schema
        for keyword, rule in schema.items():
            if keyword in SILENT:
                continue
            check = getattr(self, "check_" + keyword.strip("$"), None)
            if check is None:
                yield f"{where}: the schema uses {keyword}, which is not checked here"
                continue
            yield from check(value, rule, schema, where)

    def check_ref(self, value, rule, _schema, where):
        node = self.root
        for part in rule.removeprefix("#/").split("/"):
            node = node[part]
        yield from self.faults(value, node, where)

    def check_type(self, value, rule, _schema, where):
        if not any(is_kind(value, k) for k in ([rule] if isinstance(rule, str) else rule)):
            yield f"{where}: {value!r} is no {rule}"

    def check_enum(self, value, rule, _schema, where):
        if value not in rule:
            yield f"{where}: {value!r} is none of {rule}"

    def check_pattern(self, value, rule, _schema, where):
        if isinstance(value, str) and not re.search(rule, value):
            yield f"{where}: {value!r} does not match {rule}"

    def check_minimum(self, value, rule, _schema, where):
        if is_kind(value, "number") and value < rule:
            yield f"{where}: {value} is below {rule}"

    def check_maximum(self, value, rule, _schema, where):
        if is_kind(value, "number") and value > rule:
            yield f"{where}: {value} is above {rule}"

    def check_minItems(self, value, rule, _schema, where):
        if isinstance(value, list) and len(value) < rule:
            yield f"{where}: {len(value)} items, {rule} needed"

    def check_uniqueItems(self, value, rule, _schema, where):
        if rule and isinstance(value, list) and any(v in value[:i] for i, v in enumerate(value)):
            yield f"{where}: an item stands there twice"

    def check_items(self, value, rule, _schema, where):
        for i, item in enumerate(value if isinstance(value, list) else ()):
            yield from self.faults(item, rule, f"{where}[{i}]")

    def check_required(self, value, rule, _schema, where):
        for name in rule if isinstance(value, dict) else ():
            if name not in value:
                yield f"{where}: {name} is missing"

    def check_properties(self, value, rule, _schema, where):
        for name, item in value.items() if isinstance(value, dict) else ():
            if name in rule:
                yield from self.faults(item, rule[name], f"{where}.{name}")

    def check_additionalProperties(self, value, rule, schema, where):
        for name, item in value.items() if isinstance(value, dict) else ():
            if name in schema.get("properties", {}):
                continue
            if rule is False:
                yield f"{where}: {name} is not in the schema"
            elif isinstance(rule, dict):
                yield from self.faults(item, rule, f"{where}.{name}")

    def check_anyOf(self, value, rule, _schema, where):
        if all(any(True for _ in self.faults(value, r, where)) for r in rule):
            yield f"{where}: fits none of {len(rule)} alternatives"

    def check_oneOf(self, value, rule, _schema, where):
        fit = sum(not any(True for _ in self.faults(value, r, where)) for r in rule)
        if fit != 1:
            yield f"{where}: fits {fit} of {len(rule)} alternatives, not one"
