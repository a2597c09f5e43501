"""Classes that are made of their fields, as `dataclasses` makes them, without the time that it takes to make them.

`dataclasses` writes source for every class and compiles it: about a millisecond each on a slow machine, of which a one
shot has forty; and it stands on `inspect`, with all that it imports. Here the classes share their methods, but for
`__init__`, which is made when the first one is. For a type checker it is the same thing (PEP 681). What a class defines
itself, as `__repr__`, stays. They do not inherit from each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

Class = TypeVar("Class", bound=type)
Record = TypeVar("Record")

_NONE = object()
"""What stands for a default that there is not."""


class Field:
    """One field: the text of its type, its default or what makes one, and what else is to be known of it."""

    __slots__ = ("default", "factory", "metadata", "type")

    def __init__(self, default: Any, factory: Callable[[], Any] | None, metadata: Mapping[str, Any]) -> None:
        self.default = default
        self.factory = factory
        self.metadata = metadata
        self.type = ""

    @property
    def has_default(self) -> bool:
        """Whether it may be left out."""
        return self.default is not _NONE or self.factory is not None


def field(
    *,
    default: Any = _NONE,
    default_factory: Callable[[], Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """Say more of a field than its default."""
    return Field(default, default_factory, metadata or {})


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Class) -> Class:
    """Make a class of values: they cannot be changed, and are equal where their fields are."""
    return _made(cls, {"__hash__": _hash, "__setattr__": _refuse, "__delattr__": _refuse})


@dataclass_transform(field_specifiers=(field,))
def mutable(cls: Class) -> Class:
    """Make a class whose fields can be changed; equal are two where their fields are."""
    return _made(cls, {})


def fields(cls: type) -> Mapping[str, Field]:
    """Return a class's fields by name, in their order."""
    return cls.__fields__  # type: ignore[attr-defined, no-any-return]


def replace(one: Record, **changes: Any) -> Record:
    """Return a copy in which some fields have other values."""
    return type(one)(**{name: getattr(one, name) for name in fields(type(one))} | changes)


def _made(cls: Class, more: Mapping[str, Any]) -> Class:
    """Return the class with slots for its fields, which only a new class can have."""
    inside = {name: value for name, value in vars(cls).items() if name not in {"__dict__", "__weakref__"}}
    found: dict[str, Field] = {}
    for name, kind in cls.__annotations__.items():
        default = inside.pop(name, _NONE)
        found[name] = default if isinstance(default, Field) else Field(default, None, {})
        found[name].type = kind
    names = tuple(found)
    methods = {"__init__": _first_init, "__repr__": _repr, "__eq__": _eq, "__hash__": None}
    own = {
        "__slots__": names,
        "__match_args__": names,
        "__fields__": found,
        "__values__": attrgetter(*names) if names else staticmethod(_nothing),
        "__qualname__": cls.__qualname__,
    }
    made: Class = type(cls)(cls.__name__, cls.__bases__, {**methods, **more, **inside, **own})
    return made


def _first_init(self: Any, *given: Any, **named: Any) -> None:
    """Make the class's own `__init__` when there is the first to be made: most classes of a run have none."""
    cls = type(self)
    cls.__init__ = _initialiser(fields(cls))
    cls.__init__(self, *given, **named)


def _initialiser(found: Mapping[str, Field]) -> Callable[..., None]:
    """Return an `__init__` that is as fast as one that is written out. Nothing but names goes into its source."""
    known: dict[str, Any] = {"_none": _NONE, "_put": object.__setattr__}  # the class may refuse its own
    heads, lines = ["self"], ["pass"]
    for name, one in found.items():
        heads.append(f"{name}=_default_{name}" if one.has_default else name)
        value = f"_factory_{name}() if {name} is _none else {name}" if one.factory else name
        lines.append(f"_put(self, {name!r}, {value})")
        known |= {f"_default_{name}": one.default, f"_factory_{name}": one.factory}
    exec(f"def __init__({', '.join(heads)}):\n " + "\n ".join(lines), known)  # noqa: S102 - see above
    init: Callable[..., None] = known["__init__"]
    return init


def _nothing(_: object) -> tuple[()]:
    return ()


def _repr(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


def _eq(self: Any, other: Any) -> Any:
    return self.__values__(self) == other.__values__(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(self.__values__(self))


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")
