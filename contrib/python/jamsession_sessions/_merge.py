"""The items that two requests have changed, put together."""

from __future__ import annotations

from typing import Any, Dict, List, Set

Items = Dict[Any, Any]


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same to the last element, types included: 1 is not True."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b) or (a != a and b != b)  # NaN is the same as NaN


def changed(base: Items, mine: Items) -> Set[Any]:
    """The names of the items that were set, changed or deleted."""
    names: List[Any] = [*base, *mine]
    return {
        name
        for name in names
        if name not in base or name not in mine or not same(base[name], mine[name])
    }


def merge(base: Items, mine: Items, theirs: Items) -> None:
    """Bring into mine what others have made of base, but keep what was changed in mine.

    Values that nobody else has changed stay the same objects: a view may hold them.
    """
    kept = changed(base, mine)
    merged: Items = {}
    for name, value in theirs.items():
        if name in mine and (name in kept or same(mine[name], value)):
            merged[name] = mine[name]
        elif name not in kept:
            merged[name] = value
    for name in mine:
        if name in kept:
            merged.setdefault(name, mine[name])
    mine.clear()
    mine.update(merged)
