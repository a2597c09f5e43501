"""--schema: a one shot that asks for a reply of a JSON Schema, and reports a reply that does not match."""

from __future__ import annotations

import errno
import json

import pytest
from fake_api import Answer, chunk, completion, frames, reply_frames
from hypothesis import example, given
from hypothesis import strategies as st
from support import err, journal_lines, out, paragraph, run_cli, sessions

from grokchat.cli.schema import Schema, parse_schema, schema_name
from grokchat.errors import UsageError
from grokchat.session.journal_file import JournalFile

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
GOOD = '{"name": "Ann", "age": null}'


@pytest.fixture
def person(tmp_path) -> str:
    path = tmp_path / "person.json"
    path.write_text(json.dumps(PERSON), encoding="utf-8")
    return str(path)


def ask(home, api, path: str, reply: str, *argv: str, finish: str = "stop", **more):
    api.answers = [Answer([frames(chunk({"content": reply}), chunk(finish=finish))])]
    if "--no-stream" in argv:
        api.answers = [Answer.json(200, completion(reply))]
    return run_cli(home, api, "--schema", path, *argv, "Who?", **more)


# -- the request -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [[], ["-p"], ["--json"], ["--no-stream"], ["--no-save"]])
def test_the_schema_is_asked_for_as_response_format(home, api, person, argv):
    code, environment = ask(home, api, person, GOOD, *argv)
    assert (code, err(environment)) == (0, "")
    printed = out(environment)
    text = json.loads(printed)["choices"][0]["message"]["content"] if "--json" in argv else printed.removesuffix("\n")
    assert text == GOOD
    assert api.requests[0].json["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "person", "schema": PERSON, "strict": True},
    }


def test_it_makes_a_one_shot_of_a_call_at_a_terminal(home, api, person):
    code, environment = ask(home, api, person, '{"name": "*a* _b_", "age": 1}', stdout_is_tty=True)
    assert code == 0
    assert out(environment) == '{"name": "*a* _b_", "age": 1}\n'


def test_the_schema_is_not_kept_with_the_session(home, api, person):
    assert ask(home, api, person, GOOD)[0] == 0
    api.answers = [Answer([reply_frames("prose")])]
    assert run_cli(home, api, "-c", "And?")[0] == 0
    assert "response_format" not in api.requests[1].json
    assert [event for event in journal_lines(sessions(home)[0]) if event["type"] == "settings"] == []


def test_it_ranks_above_what_the_session_and_the_config_say(home, api, person):
    home.mkdir()
    (home / "config.toml").write_text('[params]\nresponse_format = {type = "text"}\n', encoding="utf-8")
    assert run_cli(home, api, "-o", 'response_format={"type": "json_object"}', "hi")[0] == 0
    assert ask(home, api, person, GOOD, "-c")[0] == 0
    assert api.requests[1].json["response_format"]["type"] == "json_schema"


def test_an_unanswered_list_is_answered_with_it(home, api, person, tmp_path):
    (tmp_path / "list.json").write_text('[{"role": "user", "content": "Who?"}]', encoding="utf-8")
    api.answers = [Answer([reply_frames(GOOD)])]
    code, environment = run_cli(home, api, "--schema", person, "-r", str(tmp_path / "list.json"))
    assert (code, out(environment)) == (0, f"{GOOD}\n")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("person.json", "person"),
        ("a/b.c/my schema.v2.json", "my_schema_v2"),
        ("Ünï-1.json", "_n_-1"),
        ("схема.json", "_____"),
        ("😀.json", "_"),
        ("no_extension", "no_extension"),
        (".json", "_json"),
        ("a'b\"c$d.json", "a_b_c_d"),
        ("x" * 100 + ".json", "x" * 64),
        ("é" * 100, "_" * 64),
        ("/dev/fd/63", "63"),
        ("-", "schema"),
    ],
)
def test_the_name_is_the_stem_of_the_file(path, name):
    assert schema_name(path) == name


# -- replies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [[], ["--json"], ["--no-stream"], ["--no-save"]])
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("Ann is 40.", "not JSON"),
        ('```json\n{"name": "Ann", "age": 1}\n```', "not JSON"),
        (f"{GOOD} Anything else?", "not JSON"),
        ('{"name": "Ann", "ag', "not JSON"),
        ('{"name": NaN, "age": 1}', "not JSON"),
        ("{}", "name, age"),
        ('{"name": "Ann"}', "missing: age"),
        ("[]", "an array, not an object"),
        ('"Ann"', "a string, not an object"),
        ("null", "null, not an object"),
    ],
)
def test_a_reply_that_is_not_what_was_asked_for_is_printed_and_exits_3(home, api, person, reply, words, argv):
    code, environment = ask(home, api, person, reply, *argv)
    assert code == 3
    assert words in paragraph(environment)
    printed = out(environment)
    text = json.loads(printed)["choices"][0]["message"]["content"] if "--json" in argv else printed.removesuffix("\n")
    assert text == reply
    if "--no-save" not in argv:
        assert journal_lines(sessions(home)[0])[-1]["message"]["content"] == reply


def test_a_reply_that_was_cut_is_reported_as_both(home, api, person):
    code, environment = ask(home, api, person, '{"name": "An', finish="length")
    assert code == 3
    first, second = err(environment).splitlines()
    assert "length limit" in first
    assert "not JSON" in second


def test_a_refusal_is_reported_as_one(home, api, person):
    api.answers = [Answer([frames(chunk({"content": None, "refusal": "I can't."}), chunk(finish="stop"))])]
    code, environment = run_cli(home, api, "--schema", person, "Who?")
    assert (code, out(environment)) == (3, "I can't.\n")
    assert "refused" in err(environment)


def test_a_reply_that_cannot_be_saved_exits_4_and_is_held_against_the_schema_all_the_same(
    home, api, person, monkeypatch
):
    append = JournalFile.append

    def append_unless_reply(file: JournalFile, line: bytes) -> None:
        if b'"assistant"' in line:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(file, line)

    monkeypatch.setattr(JournalFile, "append", append_unless_reply)
    code, environment = ask(home, api, person, "prose")
    assert (code, out(environment)) == (4, "prose\n")
    first, second = err(environment).splitlines()
    assert "not JSON" in first
    assert "No space left" in second


DEFS = {"$ref": "#/$defs/P~1x", "$defs": {"P/x": {"type": "object", "required": ["a"]}}}
EITHER = {"anyOf": [{"type": "object", "required": ["a"]}, {"type": "null"}]}
CIRCLE = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}


@pytest.mark.parametrize(
    ("schema", "reply", "matches"),
    [
        ({}, "3", True),
        ({"type": "integer"}, "3", True),
        ({"type": "integer"}, "3.0", True),
        ({"type": "integer"}, "3.5", False),
        ({"type": "integer"}, "true", False),
        ({"type": "number"}, "3", True),
        ({"type": ["object", "null"]}, "null", True),
        ({"type": "array"}, " [1] \n", True),
        ({"type": "array"}, "{}", False),
        ({"type": "boolean"}, "0", False),
        ({"type": "string"}, '"x"', True),
        ({"required": ["a"]}, "[]", True),
        ({"required": ["a"]}, '{"b": 1}', False),
        ({"enum": ["a", 1]}, "1.0", True),
        ({"enum": ["a", 1]}, "true", False),
        ({"const": None}, "null", True),
        ({"const": None}, "0", False),
        (DEFS, '{"a": 1}', True),
        (DEFS, "{}", False),
        (DEFS, "[]", False),
        ({"$ref": "#"}, "1", True),
        ({"$ref": "#/nowhere", "required": ["a"]}, '{"a": 1}', True),
        ({"$ref": "other.json"}, "1", True),
        (CIRCLE, "1", True),
        (EITHER, "null", True),
        (EITHER, '{"a": 1}', True),
        (EITHER, "{}", False),
        ({"allOf": [{"required": ["a"]}, {"required": ["b"]}]}, '{"a": 1}', False),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, "1", False),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, '{"a": 1}', True),
    ],
)
def test_the_top_level_of_the_schema_is_what_counts(schema, reply, matches):
    parsed = parse_schema(json.dumps(schema), "x.json")
    assert isinstance(parsed, Schema)
    assert (parsed.find_problem(reply) == "") == matches


def test_a_schema_that_refers_to_itself_in_many_ways_takes_no_time():
    """Each step may double the work, so the steps are few."""
    loop = {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}
    assert parse_schema(json.dumps(loop), "x.json").find_problem("1") == ""


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "x"]), inner, max_size=3),
    max_leaves=6,
)
SCHEMAS = st.recursive(
    st.booleans() | JSON_VALUES,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array", "null", ["string", "integer"], "dict", 3, []]),
            "required": st.lists(st.sampled_from(["a", "b"]), max_size=2) | JSON_VALUES,
            "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2) | JSON_VALUES,
            "enum": JSON_VALUES,
            "const": JSON_VALUES,
            "anyOf": st.lists(inner, max_size=2) | JSON_VALUES,
            "allOf": st.lists(inner, max_size=2),
            "items": inner,
            "$ref": st.sampled_from(["#", "#/x", "#/$defs/a", "#/anyOf/0", "other", "#a", 3, "#/properties/a"]),
            "$defs": st.dictionaries(st.sampled_from(["a"]), inner, max_size=1),
            "x": inner,
        },
    ),
    max_leaves=8,
)


@given(SCHEMAS, JSON_VALUES)
@example({"$ref": "#/x", "x": {"required": 5, "enum": 5, "type": {"a": 1}}}, {})
def test_any_schema_is_refused_or_used(schema, value):
    """Whatever a schema refers to, a reply that was paid for does not end in an error of the program."""
    try:
        parsed = parse_schema(json.dumps(schema), "x.json")
    except UsageError:
        return
    problem = parsed.find_problem(json.dumps(value))
    assert problem == "" or problem.startswith("The reply does not match the schema: ")


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"type": "object",\n  "required": [name]}', "line 2, column 16"),
        ("", "line 1, column 1"),
        ("type: object\n", "line 1, column 1"),
        ('{"a": 1} {"b": 2}', "line 1, column 10"),
        ("{'type': 'object'}", "line 1, column 2"),
        ('{"const": NaN}', "NaN"),
        ("[" * 200 + "]" * 200, "nested too deeply"),
        ("[]", "an array"),
        ('"object"', "a string"),
        ("true", "a boolean"),
        ('{"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}', "json_schema alone"),
        ('{"name": "x", "schema": {"type": "object"}, "strict": true}', "schema alone"),
        ('{"response_format": {"type": "json_schema"}}', "response_format alone"),
        ('{"name": "Ann", "age": 40}', "no keyword"),
        ('{"type": "dict"}', '"dict"'),
        ('{"type": []}', "type must be"),
        ('{"type": {"a": 1}}', "type must be"),
        ('{"type": "object", "required": "name"}', "required must be a list"),
        ('{"type": "object", "required": [1]}', "required must be a list"),
        ('{"type": "object", "properties": ["name"]}', "properties must be an object"),
        ('{"properties": {"a": "string"}}', "properties.a must be a schema, not a string"),
        ('{"properties": {"a": {"type": "int"}}}', "properties.a.type must be one of"),
        ('{"items": {"properties": {"a": {"required": true}}}}', "items.properties.a.required must be a list"),
        ('{"anyOf": []}', "anyOf must be a list"),
        ('{"anyOf": [{"type": "null"}, 3]}', "anyOf[1] must be a schema"),
        ('{"enum": "a"}', "enum must be a list"),
        ('{"$defs": {"x": {"type": "str"}}}', "$defs.x.type"),
    ],
)
def test_what_is_no_schema_exits_2_with_the_place(home, api, tmp_path, text, words):
    path = tmp_path / "s.json"
    path.write_text(text, encoding="utf-8")
    code, environment = run_cli(home, api, "--schema", str(path), "Who?")
    assert code == 2
    assert "s.json" in paragraph(environment)
    assert words in err(environment)
    assert api.requests == []
    assert sessions(home) == []


@pytest.mark.parametrize("name", ["none.json", ".", "s.json/x", "image.png", ""])
def test_what_cannot_be_read_exits_4(home, api, tmp_path, name):
    (tmp_path / "s.json").write_text("{}", encoding="utf-8")
    (tmp_path / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    code, environment = run_cli(home, api, "--schema", str(tmp_path / name) if name else "", "Who?")
    assert code == 4
    paragraph(environment)
    assert api.requests == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_schema_that_powershell_wrote(home, api, tmp_path, encoding):
    (tmp_path / "s.json").write_text(json.dumps(PERSON), encoding=encoding)
    assert ask(home, api, str(tmp_path / "s.json"), GOOD)[0] == 0
    assert api.requests[0].json["response_format"]["json_schema"]["schema"] == PERSON


def test_booleans_are_schemas():
    assert parse_schema('{"additionalProperties": false, "properties": {"a": true}}', "x").name == "x"


@pytest.mark.parametrize(
    "argv",
    [["-o", 'response_format={"type":"json_object"}', "hi"], ["--list-sessions"], ["-c", "--export", "json"], []],
)
def test_what_does_not_go_with_it_exits_2(home, api, person, argv):
    code, environment = run_cli(home, api, "--schema", person, *argv)
    assert code == 2
    paragraph(environment)
    assert api.requests == []


def test_an_error_in_a_schema_is_a_usage_error():
    with pytest.raises(UsageError, match=r"--schema - *: not JSON"):
        parse_schema("{", "-")
