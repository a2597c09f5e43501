"""Classes made of their fields: what `dataclasses` would make of the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from grokchat import records


class Plain:
    """A value."""

    name: str
    number: int = 3
    more: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        return self.name * self.number

    @classmethod
    def of(cls, number: int) -> Plain:
        return cls("x", number)


MADE: list[Callable[..., Plain]] = [
    dataclass(frozen=True, slots=True)(Plain),  # type: ignore[list-item]
    records.record(Plain),  # type: ignore[list-item]
]


@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize(
    ("args", "kwargs", "values"),
    [
        (("a",), {}, ("a", 3, ())),
        (("a", 4, ("b",)), {}, ("a", 4, ("b",))),
        ((), {"name": "a"}, ("a", 3, ())),
        (("a",), {"more": ("c",)}, ("a", 3, ("c",))),
        ((), {"more": ("c",), "number": 1, "name": ""}, ("", 1, ("c",))),
    ],
)
def test_fields_are_set_by_position_and_by_name(make, args, kwargs, values):
    record = make(*args, **kwargs)
    assert (record.name, record.number, record.more) == values
    assert record.whole == record.name * record.number
    assert repr(record) == "Plain(name={!r}, number={!r}, more={!r})".format(*values)
    assert record == make(*values)
    assert hash(record) == hash(make(*values))
    assert record != make("z", 9)
    assert record != values
    assert type(record).__match_args__ == ("name", "number", "more")
    assert type(record).__doc__ == "A value."


@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((), {}), ((), {"number": 1}), (("a", 1, (), 2), {}), (("a",), {"name": "b"}), (("a",), {"nothing": 1})],
)
def test_wrong_arguments_are_refused(make, args, kwargs):
    with pytest.raises(TypeError):
        make(*args, **kwargs)


@pytest.mark.parametrize("make", MADE)
def test_a_record_is_immutable(make):
    record = make("a")
    with pytest.raises(AttributeError):
        record.name = "b"
    with pytest.raises(AttributeError):
        del record.name
    with pytest.raises((AttributeError, TypeError)):
        record.other = 1
    assert record == make("a")


def test_a_changed_copy():
    record = records.record(Plain)("a")
    assert records.replace(record, number=5) == type(record)("a", 5)
    with pytest.raises(TypeError):
        records.replace(record, nothing=5)


def test_mutable_ones_have_lists_of_their_own():
    class Open:
        items: list[int] = records.field(default_factory=list)
        name: str = records.field(default="n", metadata={"description": "a name"})

    class Same:
        items: list[int] = field(default_factory=list)
        name: str = field(default="n", metadata={"description": "a name"})

    for cls in (records.mutable(Open), dataclass(slots=True)(Same)):
        record, other = cls(), cls()
        record.items.append(1)
        record.name = "m"
        assert (record.items, record.name, other.items) == ([1], "m", [])
        assert record != other
        with pytest.raises(TypeError):
            hash(record)
        with pytest.raises(AttributeError):
            record.nothing = 1
    known = records.fields(records.mutable(Open))["name"]
    assert (known.default, known.type, known.metadata) == ("n", "str", {"description": "a name"})


def test_a_value_without_fields():
    @records.record
    class Nothing:
        pass

    assert Nothing() == Nothing()
    assert repr(Nothing()).endswith("Nothing()")
    assert hash(Nothing()) == hash(Nothing())


def test_what_a_class_has_itself_stays():
    @records.record
    class Quiet:
        key: str
        __repr__ = object.__repr__

    assert "secret" not in repr(Quiet("secret"))
