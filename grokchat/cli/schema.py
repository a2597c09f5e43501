"""The JSON Schema of --schema: the `response_format` that asks for it, and what a reply lacks of it. Pure.

A schema's shape is checked as far as a mistake would cost a request. A reply is checked at its top level only: the API
builds replies to the schema, so what goes wrong is a reply that is cut, a refusal, or a server that ignores the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from grokchat import strict_json
from grokchat.errors import UsageError
from grokchat.records import record

_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_SCHEMAS = frozenset({"items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames"})
_SCHEMA_LISTS = frozenset({"anyOf", "allOf", "oneOf", "prefixItems"})
_SCHEMA_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_OTHER_KEYWORDS = frozenset({"type", "required", "enum", "const", "$ref", "$schema", "$id", "title", "description"})
_WRAPPERS = ("response_format", "json_schema", "schema")
"""Keys of the request parameter that a schema is sent in, and of none in a schema."""
_KEYWORDS = _SCHEMAS | _SCHEMA_LISTS | _SCHEMA_MAPS | _OTHER_KEYWORDS
_MAX_NAME_CHARS = 64
_MAX_LISTED_NAMES = 5
_MAX_REFERENCES = 20
"""A chain of `$ref` and `allOf` at the top level that is longer leads in a circle."""


@record
class Schema:
    """A JSON Schema and the name that the request has for it."""

    name: str
    definition: Mapping[str, Any]

    def response_format(self) -> dict[str, Any]:
        """Return the request parameter `response_format`."""
        schema = {"name": self.name, "schema": self.definition, "strict": True}
        return {"type": "json_schema", "json_schema": schema}

    def find_problem(self, reply: str) -> str:
        """Return why a reply is not what the top level of the schema asks for, as a sentence, or nothing."""
        try:
            value = strict_json.parse(reply)
        except json.JSONDecodeError as error:
            return f"The reply is not JSON (line {error.lineno}, column {error.colno})."
        except ValueError as error:
            return f"The reply is not JSON: {error}."
        lacks = _find_mismatch(value, self.definition, self.definition, _MAX_REFERENCES)
        return f"The reply does not match the schema: {lacks}." if lacks else ""


def parse_schema(text: str, path: str) -> Schema:
    """Return the schema in a file's text, named after the file's stem; raises UsageError."""
    where = f"--schema {path}"
    try:
        definition = strict_json.parse(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise UsageError(f"{where}: not JSON, line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except ValueError as error:
        raise UsageError(f"{where}: not usable as JSON: {error}.") from error
    if not isinstance(definition, dict):
        raise UsageError(
            f"{where}: a JSON Schema is an object, not {_with_article(strict_json.json_type(definition))}."
        )
    if wrapper := next((key for key in _WRAPPERS if isinstance(definition.get(key), dict)), None):
        raise UsageError(f"{where}: this is a request parameter that contains a schema. Give its {wrapper} alone.")
    if definition and not _KEYWORDS & definition.keys():
        raise UsageError(f"{where}: it has no keyword of JSON Schema, such as type or properties.")
    for problem in _shape_problems(definition):
        raise UsageError(f"{where}: {problem}.")
    return Schema(schema_name(path), definition)


def schema_name(path: str) -> str:
    """Return the name of a schema: the stem of its file with `_` for what a name cannot have; `schema` for a pipe."""
    stem = "schema" if path == "-" else PurePath(path).stem
    return re.sub(r"[^A-Za-z0-9_-]", "_", stem)[:_MAX_NAME_CHARS] or "schema"


# -- the shape of a schema ---------------------------------------------------------------------------------------------


def _shape_problems(definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the keywords of a schema and of those inside it; without recursion."""
    schemas: list[tuple[str, object]] = [("", definition)]
    while schemas:
        place, schema = schemas.pop()
        if not isinstance(schema, dict):
            if not isinstance(schema, bool):
                yield f"{place or 'it'} must be a schema, not {_with_article(strict_json.json_type(schema))}"
            continue
        prefix = f"{place}." if place else ""
        for key, value in schema.items():
            if problem := _keyword_problem(key, value):
                yield f"{prefix}{key} {problem}"
            elif key in _SCHEMA_MAPS:
                schemas += [(f"{prefix}{key}.{name}", inner) for name, inner in value.items()]
            elif key in _SCHEMA_LISTS or (key in _SCHEMAS and isinstance(value, list)):
                schemas += [(f"{prefix}{key}[{number}]", inner) for number, inner in enumerate(value)]
            elif key in _SCHEMAS:
                schemas.append((f"{prefix}{key}", value))


def _keyword_problem(key: str, value: object) -> str:
    """Return what is wrong with a keyword's value, schemas inside it aside, or nothing."""
    found = f", not {_with_article(strict_json.json_type(value))}"
    if key == "type":
        names = value if isinstance(value, list) and value else [value]
        wrong = [name for name in names if not isinstance(name, str) or name not in _TYPES]
        return f"must be one of {', '.join(sorted(_TYPES))}, not {json.dumps(wrong[0])}" if wrong else ""
    if key == "required" and not (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        return f"must be a list of names{found}" if not isinstance(value, list) else "must be a list of names"
    if key in _SCHEMA_MAPS and not isinstance(value, dict):
        return f"must be an object of schemas{found}"
    if key in _SCHEMA_LISTS and not (isinstance(value, list) and value):
        return "must be a list of schemas" + ("" if value == [] else found)
    if key == "enum" and not isinstance(value, list):
        return f"must be a list of values{found}"
    return ""


# -- the top level of a reply ------------------------------------------------------------------------------------------


def _find_mismatch(value: object, schema: object, root: Mapping[str, Any], depth: int) -> str:
    """Return how a value violates a schema's own keywords, those of its references, and `allOf` and `anyOf`."""
    if not isinstance(schema, dict) or not depth or any(_keyword_problem(*item) for item in schema.items()):
        return ""  # a `$ref` may lead to something other than a schema
    kind = strict_json.json_type(value)
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if types and kind not in types and not (kind == "integer" and "number" in types):
        return f"it is {_with_article(kind)}, not {' or '.join(map(_with_article, types))}"
    if "const" in schema and not _is_same(value, schema["const"]):
        return "it is not the schema's const value"
    if "enum" in schema and not any(_is_same(value, allowed) for allowed in schema["enum"]):
        return "it is not one of the schema's enum values"
    if missing := [name for name in schema.get("required", []) if isinstance(value, dict) and name not in value]:
        more = ", ..." if len(missing) > _MAX_LISTED_NAMES else ""
        return f"required, and missing: {', '.join(missing[:_MAX_LISTED_NAMES])}{more}"
    parts = [*schema.get("allOf", []), *([_resolve(schema["$ref"], root)] if "$ref" in schema else [])]
    for part in parts:
        if problem := _find_mismatch(value, part, root, depth - 1):
            return problem
    for choices in (schema.get("anyOf"), schema.get("oneOf")):
        problems = [_find_mismatch(value, part, root, depth - 1) for part in choices or []]
        if problems and all(problems):
            return problems[0]
    return ""


def _resolve(reference: object, root: Mapping[str, Any]) -> object:
    """Return the schema inside `root` that a `$ref` points to, or None."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    schema: object = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        schema = schema.get(name) if isinstance(schema, dict) else None
    return schema


def _is_same(value: object, other: object) -> bool:
    """Return whether two values are the same in JSON, where true is not 1."""
    return isinstance(value, bool) == isinstance(other, bool) and value == other


def _with_article(kind: str) -> str:
    """Return a type's name as the object of a sentence."""
    return kind if kind == "null" else f"{'an' if kind[0] in 'aio' else 'a'} {kind}"
