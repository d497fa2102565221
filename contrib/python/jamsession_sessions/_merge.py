"""The items that two requests have changed, put together."""

from __future__ import annotations

import io
import pickle
from typing import Any, Dict, List, Optional, Set

Items = Dict[Any, Any]

_PLAIN = (str, bytes, bool, int, type(None))


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same to the last element, types included: 1 is not True.

    What a class calls equal can differ, as two states of one instance of a Django model, and
    what it calls different can be the same: objects are compared by their pickles.
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if type(a) in _PLAIN or isinstance(a, (set, frozenset)):
        return bool(a == b)
    try:
        return _pickled(a) == _pickled(b)
    except Exception:  # also of the classes: the save will say so, if it matters there
        return False


def _pickled(value: Any) -> bytes:
    """A pickle that does not say which of its parts are one object: copies lack that."""
    pickled = io.BytesIO()
    pickler = pickle.Pickler(pickled, pickle.HIGHEST_PROTOCOL)
    pickler.fast = True
    pickler.dump(value)
    return pickled.getvalue()


def changed(base: Items, mine: Items) -> Set[Any]:
    """The names of the items that were set, changed or deleted."""
    names: List[Any] = [*base, *mine]
    return {
        name
        for name in names
        if name not in base or name not in mine or not same(base[name], mine[name])
    }


def merge(base: Items, mine: Items, theirs: Items, stored: Optional[Items] = None) -> None:
    """Bring into mine what others have made of base, but keep what was changed in mine.

    Stored is mine as it would be loaded again, if that differs: JSON makes lists of tuples.
    Values that nobody else has changed stay the same objects: a view may hold them.
    """
    stored = mine if stored is None else stored
    kept = changed(base, stored)
    merged: Items = {}
    for name, value in theirs.items():
        if name in mine and (name in kept or same(stored[name], value)):
            merged[name] = mine[name]
        elif name not in kept:
            merged[name] = value
    for name in mine:
        if name in kept:
            merged.setdefault(name, mine[name])
    mine.clear()
    mine.update(merged)
