"""The description of the API (OpenAPI) as rows that a page can show to people."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Schema = dict[str, Any]


class Field(NamedTuple):
    """A parameter, or a member of a body; members of members have dotted names."""

    name: str
    kind: str
    required: bool
    note: str


class Operation(NamedTuple):
    id: str
    method: str
    path: str
    summary: str
    rest: str
    """What the description says after its first sentence."""
    resource: str
    permission: str
    parameters: list[Field]
    body: list[Field]
    answer: str
    """The kind of the answer, such as ``object`` or ``array of object``."""
    members: list[Field]
    """The members of the answer or, when it is an array, of its items."""


def groups(document: Schema) -> dict[str, list[Operation]]:
    """The operations of the document by their tag, both in the document's order."""
    found: dict[str, list[Operation]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = operation["tags"][0]
            found.setdefault(tag, []).append(_operation(document, method, path, operation))
    return found


def _operation(document: Schema, method: str, path: str, operation: Schema) -> Operation:
    _first, _stop, rest = operation.get("description", "").replace("``", "").partition(".")
    answer = _content(operation["responses"].get("200", {}))
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        rest=rest.strip(),
        resource=operation["x-resource"],
        permission=operation["x-permission"],
        parameters=[
            Field(
                one["name"],
                f"{one['in']}, {_kind(document, one['schema'])}",
                one.get("required", False),
                one.get("description", ""),
            )
            for one in operation.get("parameters", [])
        ],
        body=list(_members(document, _content(operation.get("requestBody", {})))),
        answer=_kind(document, answer),
        members=list(_members(document, answer)),
    )


def _content(holder: Schema) -> Schema:
    found: Schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _members(document: Schema, schema: Schema, prefix: str = "") -> Iterator[Field]:
    """The members of an object or of an array's items, each followed by its own members."""
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        yield from _members(document, schema["items"], prefix)
        return
    for name, member in schema.get("properties", {}).items():
        note = _resolved(document, member).get("description", "")
        kind = _kind(document, member)
        # Of an enumeration, the library describes each value by repeating it.
        yield Field(
            prefix + name,
            kind,
            name in schema.get("required", ()),
            "" if note.startswith("* `") else note,
        )
        yield from _members(document, member, f"{prefix}{name}.")


def _kind(document: Schema, schema: Schema) -> str:
    """A schema in few words: ``string or null``, ``array of object``, ``New | Settled``."""
    schema = _resolved(document, schema)
    if values := schema.get("enum"):
        return " | ".join(map(str, values))
    if choices := schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_kind(document, choice) for choice in choices))
    kinds = schema.get("type", "any")
    if kinds == "array":
        return f"array of {_kind(document, schema['items'])}"
    if schema.get("format") == "date-time":
        kinds = "time" if kinds == "string" else ["time", "null"]
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _resolved(document: Schema, schema: Schema) -> Schema:
    """The schema itself, where this one only points to it."""
    if len(parts := schema.get("allOf", [])) == 1:
        return _resolved(document, parts[0]) | {k: v for k, v in schema.items() if k != "allOf"}
    if pointer := schema.get("$ref"):
        component: Schema = document["components"]["schemas"][pointer.rpartition("/")[2]]
        return component
    return schema
