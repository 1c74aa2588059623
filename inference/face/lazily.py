"""A package whose names are imported when they are first used (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class _Contents(ModuleType):
    """A package in which a name of the contents means the function, although a room bears it too.

    Importing the room `inference.fit` would put the module in place of the function `fit`. The function has
    the modules of the room as attributes, so that `inference.fit.verdict` is found through it too.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and name in self.__dict__["__all__"]:
            return
        super().__setattr__(name, value)


def contents(
    package: str, homes: Mapping[str, str], before: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package.

    Args:
        homes: name -> module that has it.
        before: `module:function` that is called before a module is imported.
    """

    def get(name: str) -> Any:
        if name == "__version__":
            from importlib.metadata import version

            return version("gp130")
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, function = before.partition(":")
        getattr(import_module(module), function)()
        found = getattr(import_module(homes[name]), name)
        if room := sys.modules.get(f"{package}.{name}"):
            vars(found).update({n: v for n, v in vars(room).items() if isinstance(v, ModuleType)})
        return found

    def names() -> list[str]:
        return sorted([*homes, "__version__"])

    sys.modules[package].__class__ = _Contents
    return get, names
