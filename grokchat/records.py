"""Classes of fields, as `dataclasses` makes them, without its start-up cost.

`dataclasses` writes and compiles source for every class: about a millisecond each on a slow machine, and a one shot has
forty classes; it also imports `inspect`. Here the classes share their methods; only `__init__` is compiled, when the
first instance is made. For a type checker they are dataclasses (PEP 681). Methods that a class defines itself, such as
`__repr__`, are kept. Records do not inherit from each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

Class = TypeVar("Class", bound=type)
Record = TypeVar("Record")

_MISSING = object()
"""The default of a field without one."""


class Field:
    """A field: the text of its annotation, its default or the factory of one, and its metadata."""

    __slots__ = ("default", "factory", "metadata", "type")

    def __init__(self, default: Any, factory: Callable[[], Any] | None, metadata: Mapping[str, Any]) -> None:
        self.default = default
        self.factory = factory
        self.metadata = metadata
        self.type = ""

    @property
    def has_default(self) -> bool:
        """Whether it can be omitted."""
        return self.default is not _MISSING or self.factory is not None


def field(
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """Declare a field that has more than a plain default."""
    return Field(default, default_factory, metadata or {})


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Class) -> Class:
    """Make a class of immutable values, which are equal if their fields are."""
    return _build(cls, {"__hash__": _hash, "__setattr__": _refuse, "__delattr__": _refuse})


@dataclass_transform(field_specifiers=(field,))
def mutable(cls: Class) -> Class:
    """Make a class whose fields can be assigned, and whose instances are equal if their fields are."""
    return _build(cls, {})


def fields(cls: type) -> Mapping[str, Field]:
    """Return a class's fields by name, in order."""
    return cls.__fields__  # type: ignore[attr-defined, no-any-return]


def replace(instance: Record, **changes: Any) -> Record:
    """Return a copy with other values in some fields."""
    return type(instance)(**{name: getattr(instance, name) for name in fields(type(instance))} | changes)


def _build(cls: Class, methods: Mapping[str, Any]) -> Class:
    """Return a new class with slots for the fields; an existing class cannot get them."""
    attributes = {name: value for name, value in vars(cls).items() if name not in {"__dict__", "__weakref__"}}
    own_fields: dict[str, Field] = {}
    for name, annotation in cls.__annotations__.items():
        default = attributes.pop(name, _MISSING)
        own_fields[name] = default if isinstance(default, Field) else Field(default, None, {})
        own_fields[name].type = annotation
    names = tuple(own_fields)
    defaults = {"__init__": _compile_and_init, "__repr__": _repr, "__eq__": _eq, "__hash__": None}
    generated = {
        "__slots__": names,
        "__match_args__": names,
        "__fields__": own_fields,
        "__values__": attrgetter(*names) if names else staticmethod(_no_values),
        "__qualname__": cls.__qualname__,
    }
    built: Class = type(cls)(cls.__name__, cls.__bases__, {**defaults, **methods, **attributes, **generated})
    return built


def _compile_and_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """Compile the class's `__init__` at its first instance: in most runs most classes have none."""
    cls = type(self)
    cls.__init__ = _compile_init(fields(cls))
    cls.__init__(self, *args, **kwargs)


def _compile_init(fields: Mapping[str, Field]) -> Callable[..., None]:
    """Return an `__init__` as fast as one written by hand. Its source contains nothing but names."""
    # object.__setattr__: the class may refuse its own.
    namespace: dict[str, Any] = {"_missing": _MISSING, "_set": object.__setattr__}
    params, lines = ["self"], ["pass"]
    for name, field in fields.items():
        params.append(f"{name}=_default_{name}" if field.has_default else name)
        value = f"_factory_{name}() if {name} is _missing else {name}" if field.factory else name
        lines.append(f"_set(self, {name!r}, {value})")
        namespace |= {f"_default_{name}": field.default, f"_factory_{name}": field.factory}
    exec(f"def __init__({', '.join(params)}):\n " + "\n ".join(lines), namespace)  # noqa: S102 - see above
    init: Callable[..., None] = namespace["__init__"]
    return init


def _no_values(_: object) -> tuple[()]:
    return ()


def _repr(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


def _eq(self: Any, other: Any) -> Any:
    return self.__values__(self) == other.__values__(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(self.__values__(self))


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")
