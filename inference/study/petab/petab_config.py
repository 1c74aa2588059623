"""The YAML file of a PEtab problem: read within bounds, and the files that it names."""

from __future__ import annotations

import pathlib
import reprlib
from collections.abc import Mapping
from typing import Any

import yaml

from inference.study.petab.petab_formulas import first_line
from inference.study.problem_tables import (
    StudyError,
    read_text,
)


def table_files(path: pathlib.Path, config: Mapping[str, Any], key: str) -> list[str]:
    """Names of files that a YAML file lists under `key`, each once."""
    names = config.get(key) or []
    found = [one_file(path, n, key) for n in (names if isinstance(names, list) else [names])]
    twice = [n for n in dict.fromkeys(found) if found.count(n) > 1]
    if twice:
        raise StudyError(f"{path.name}: {key} lists {twice[0]!r} twice: remove one")
    return found


def one_file(path: pathlib.Path, name: object, key: str) -> str:
    """The name of a file that a YAML file gives."""
    if not isinstance(name, str):
        raise StudyError(f"{path.name}: {key}: {shortly(name)} is no name of a file: write one")
    return name


def shortly(value: object) -> str:
    return reprlib.repr(value)


def load_config(path: pathlib.Path) -> dict[str, Any]:
    """The YAML file of a problem.

    Raises:
        StudyError: no YAML, no problem, or aliases that stand for more than a problem ever holds.
    """
    try:
        config = _EachKeyOnce(read_text(path)).get_single_data()
    except (yaml.YAMLError, RecursionError, ValueError) as e:
        if isinstance(e, StudyError):
            raise
        raise StudyError(f"{path.name}: is no YAML ({first_line(e)}): correct it") from None
    if _size(config, {}) > LARGEST_YAML:
        raise StudyError(f"{path.name}: its aliases stand for more than {LARGEST_YAML} values: write it out")
    if not isinstance(config, dict) or "format_version" not in config:
        raise StudyError(f"{path.name}: has no format_version: give the YAML file of a PEtab problem")
    return config


LARGEST_YAML = 100_000


class _EachKeyOnce(yaml.SafeLoader):
    """Of a key that is there twice, YAML libraries take one or the other."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A table of the file, whose keys differ."""
        keys = [k.value for k, _ in node.value if isinstance(k, yaml.ScalarNode)]
        if twice := next((k for i, k in enumerate(keys) if k in keys[:i]), None):
            raise yaml.constructor.ConstructorError(None, None, f"{shortly(twice)} is there twice")
        return super().construct_mapping(node, deep)


def _size(value: object, known: dict[int, int]) -> int:
    """How many values there are once every alias is written out; a circle counts as more than any."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = LARGEST_YAML + 1  # of a value that holds itself
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(x, known) for x in inner)
    return known[id(value)]
