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


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize(
    ("given", "named", "held"),
    [
        (("a",), {}, ("a", 3, ())),
        (("a", 4, ("b",)), {}, ("a", 4, ("b",))),
        ((), {"name": "a"}, ("a", 3, ())),
        (("a",), {"more": ("c",)}, ("a", 3, ("c",))),
        ((), {"more": ("c",), "number": 1, "name": ""}, ("", 1, ("c",))),
    ],
)
def test_values_come_by_place_and_by_name(made, given, named, held):
    one = made(*given, **named)
    assert (one.name, one.number, one.more) == held
    assert one.whole == one.name * one.number
    assert repr(one) == "Plain(name={!r}, number={!r}, more={!r})".format(*held)
    assert one == made(*held)
    assert hash(one) == hash(made(*held))
    assert one != made("z", 9)
    assert one != held
    assert type(one).__match_args__ == ("name", "number", "more")
    assert type(one).__doc__ == "A value."


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), ((), {"number": 1}), (("a", 1, (), 2), {}), (("a",), {"name": "b"}), (("a",), {"nothing": 1})],
)
def test_what_does_not_fit_is_refused(made, given, named):
    with pytest.raises(TypeError):
        made(*given, **named)


@pytest.mark.parametrize("made", MADE)
def test_a_value_does_not_change(made):
    one = made("a")
    with pytest.raises(AttributeError):
        one.name = "b"
    with pytest.raises(AttributeError):
        del one.name
    with pytest.raises((AttributeError, TypeError)):
        one.other = 1
    assert one == made("a")


def test_a_changed_copy():
    one = records.record(Plain)("a")
    assert records.replace(one, number=5) == type(one)("a", 5)
    with pytest.raises(TypeError):
        records.replace(one, nothing=5)


def test_mutable_ones_have_lists_of_their_own():
    class Open:
        items: list[int] = records.field(default_factory=list)
        name: str = records.field(default="n", metadata={"explain": "a name"})

    class Same:
        items: list[int] = field(default_factory=list)
        name: str = field(default="n", metadata={"explain": "a name"})

    for cls in (records.mutable(Open), dataclass(slots=True)(Same)):
        one, other = cls(), cls()
        one.items.append(1)
        one.name = "m"
        assert (one.items, one.name, other.items) == ([1], "m", [])
        assert one != other
        with pytest.raises(TypeError):
            hash(one)
        with pytest.raises(AttributeError):
            one.nothing = 1
    known = records.fields(records.mutable(Open))["name"]
    assert (known.default, known.type, known.metadata) == ("n", "str", {"explain": "a name"})


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
