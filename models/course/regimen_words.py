"""The field's words for a regimen, read: `bortezomib 1.3 mg/m2 d1,4,8,11 q21d x8; dexamethasone 20 mg ...`.

    regimen = phase, { "then", phase }
    phase   = item, { ";" | "+" | line end, item }
    item    = drug, amount, unit, { route | days | every | times | often }

    unit    mg, mg/m2, mg/kg                     days    d1,4,8,11  d1-14
    route   po, sc, iv                           every   q21d, q3w: length of the cycle
    often   daily, bid, tid                      times   x8: so many cycles; without it, until the end

A drug whose own cycle is shorter than that of its phase is given in each of its cycles; drugs of one phase
share their end. Whatever comes after `then` begins when the phase before it has ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from models.course.regimen import Phase, Prescribable, Prescription, Regimen
from models.nearest_name import nearest

UNITS = ("mg/m2", "mg/kg", "mg")
ROUTES = ("po", "sc", "iv")
OFTEN = {"daily": 1, "qd": 1, "bid": 2, "tid": 3}
WORDS = (*UNITS, *ROUTES, *OFTEN, "then")
CALENDAR = 28  # days of a cycle where no drug of a phase names one
LONGEST = 365  # days of a cycle
MOST = 1000  # cycles
NUMBER = r"\d+(?:\.\d+)?"
RANGE = r"\d+(?:\s*-\s*\d+)?"
TOKEN = re.compile(
    rf"""(?P<end>[;+\n]) | (?P<days>d\s*{RANGE}(?:\s*,\s*{RANGE})*(?=[\s;+]|$))
       | (?P<every>q\s*\d+\s*[dw](?=[\s;+]|$)) | (?P<times>x\s*\d+(?=[\s;+]|$))
       | (?P<number>{NUMBER}(?=[\s;+a-zA-Z]|$)) | (?P<word>[^\s;+]+)""",
    re.VERBOSE | re.IGNORECASE,
)


class RegimenError(ValueError):
    """Words that are no regimen: place, finding, remedy."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


@dataclass
class _Item:
    drug: Prescribable
    at: int
    found: dict[str, _Token] = field(default_factory=dict)
    amount: float = 0.0
    unit: str = ""
    days: tuple[int, ...] = ()
    every: int | None = None
    times: int | None = None


def read_regimen(words: str, drugs: Mapping[str, Prescribable] | None = None) -> Regimen:
    """A regimen from the field's words.

    Args:
        drugs: what can be prescribed, by every name in lower case; those with a model of their levels if not
            given.

    Raises:
        RegimenError: line and column, what is wrong there, and what would be right.

    Example:
        >>> vd = read_regimen("bortezomib 1.3 mg/m2 d1,4,8,11 q21d x8 + dexamethasone 20 mg d1-2 q21d x8")
        >>> vd.phases[0].length, vd.phases[0].cycles, vd.drugs
        (21, 8, ('bortezomib', 'dexamethasone'))
    """
    if drugs is None:
        from models.course.patient_drugs import prescribable

        drugs = prescribable()
    tokens, phases = list(_tokens(words)), []
    groups = _split(tokens, lambda t: t.kind == "word" and t.text.lower() == "then")
    for group in groups:
        items = [_item(words, part, drugs) for part in _split(group, lambda t: t.kind == "end") if part]
        if not items:
            raise _error(
                words,
                group[0].at if group else len(words),
                "no drug is named: write one as in bortezomib 1.3 mg/m2 d1,4,8,11 q21d x8",
            )
        if phases and phases[-1].cycles is None:
            raise _error(
                words,
                items[0].at,
                "never begins, for what is before `then` has no end: say x and the number of its cycles",
            )
        phases.append(_phase(words, items))
    return Regimen(" ".join(words.split()), tuple(phases))


def said(regimen: Regimen) -> str:
    """The regimen in those words, every part spelled out; reading it gives the same phases."""
    return " then ".join("; ".join(_said(p, f) for p in f.prescriptions) for f in regimen.phases)


def _said(p: Prescription, phase: Phase) -> str:
    often = {1: "", 2: " bid", 3: " tid"}[p.a_day]
    days = ",".join(str(d) for d in p.days)
    times = "" if phase.cycles is None else f" x{phase.cycles}"
    return f"{p.drug} {p.amount!r} {p.unit} {p.route} d{days}{often} q{phase.length}d{times}"


def _tokens(words: str) -> Iterator[_Token]:
    for match in TOKEN.finditer(words):
        yield _Token(str(match.lastgroup), match[0], match.start())


def _split(tokens: Sequence[_Token], ends) -> list[list[_Token]]:
    groups: list[list[_Token]] = [[]]
    for token in tokens:
        if ends(token):
            groups.append([])
        else:
            groups[-1].append(token)
    return groups


def _error(words: str, at: int, finding: str) -> RegimenError:
    before = words[:at]
    line, column = before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
    return RegimenError(f"regimen, line {line}, column {column}: {finding}")


def _item(words: str, tokens: Sequence[_Token], drugs: Mapping[str, Prescribable]) -> _Item:
    first = tokens[0]
    drug = drugs.get(first.text.lower())
    if drug is None:
        near = nearest(first.text, drugs) if first.kind == "word" else None
        known = ", ".join(sorted({d.name for d in drugs.values()}))
        remedy = f"did you mean {near!r}?" if near else f"begin with one of {known}"
        raise _error(words, first.at, f"{first.text[:40]!r} is no drug whose levels are known: {remedy}")
    item, rest = _Item(drug, first.at), list(tokens[1:])
    item.amount, item.unit = _amount(words, item, rest)
    for token in rest[2:]:
        kind = _kind(words, token)
        if kind in item.found:
            raise _error(
                words, token.at, f"{token.text!r} comes after {item.found[kind].text!r}: name it once"
            )
        item.found[kind] = token
    _understood(words, item)
    return item


def _amount(words: str, item: _Item, rest: Sequence[_Token]) -> tuple[float, str]:
    shown = f"{item.drug.name} 20 mg"
    if not rest or rest[0].kind != "number":
        at = rest[0].at if rest else item.at
        raise _error(words, at, f"an amount must follow {item.drug.name}: write it as in {shown}")
    if len(rest) < 2 or rest[1].text.lower() not in UNITS:
        at, text = (rest[1].at, rest[1].text) if len(rest) > 1 else (rest[0].at, rest[0].text)
        near = nearest(text, UNITS) if len(rest) > 1 else None
        remedy = f"did you mean {near!r}?" if near else f"write {', '.join(UNITS)}, as in {shown}"
        raise _error(words, at, f"{text[:40]!r} is no unit of a dose: {remedy}")
    amount, unit = float(rest[0].text), rest[1].text.lower()
    whole = amount * {"mg": 1.0, "mg/m2": 1.8, "mg/kg": 70.0}[unit]
    if not 0 < whole <= item.drug.largest:
        raise _error(
            words,
            rest[0].at,
            f"{rest[0].text} {unit} of {item.drug.name} is not between 0 and "
            f"{item.drug.largest:g} mg a dose: give what is given to people",
        )
    return amount, unit


def _kind(words: str, token: _Token) -> str:
    text = token.text.lower()
    if token.kind in ("days", "every", "times"):
        return token.kind
    if text in ROUTES:
        return "route"
    if text in OFTEN:
        return "often"
    near = nearest(text, WORDS)
    remedy = f"did you mean {near!r}?" if near else "write days as d1,4, cycles as q21d, their number as x8"
    raise _error(words, token.at, f"{token.text[:40]!r} is not understood: {remedy}")


def _understood(words: str, item: _Item) -> None:
    found = item.found
    if "every" in found:
        number, unit = re.findall(r"\d+|[dw]", found["every"].text.lower())
        item.every = int(number) * (7 if unit == "w" else 1)
        if not 1 <= item.every <= LONGEST:
            raise _error(words, found["every"].at, f"a cycle of {item.every} days: give 1 to {LONGEST}")
    if "times" in found:
        item.times = int(re.findall(r"\d+", found["times"].text)[0])
        if not 1 <= item.times <= MOST:
            raise _error(words, found["times"].at, f"{item.times} cycles: give 1 to {MOST}")
    if "route" in found and found["route"].text.lower() not in item.drug.routes:
        token = found["route"]
        known = " or ".join(item.drug.routes)
        raise _error(
            words, token.at, f"{item.drug.name} is not given {token.text}: its levels are known {known}"
        )
    if "days" not in found and "often" not in found and "every" not in found:
        raise _error(words, item.at, f"{item.drug.name} has no days: write d1,8,15 q28d, q21d or daily")
    item.days = _days(words, found["days"]) if "days" in found else ()
    if item.days and item.every is None:
        raise _error(words, found["days"].at, "days of which cycle? say its length, as in q21d")
    if item.days and item.every and item.days[-1] > item.every:
        raise _error(words, found["days"].at, f"day {item.days[-1]} is after the cycle of {item.every} days")


def _days(words: str, token: _Token) -> tuple[int, ...]:
    days: list[int] = []
    for part in token.text[1:].split(","):
        low, _, high = part.partition("-")
        first, last = int(low), int(high or low)
        if not 1 <= first <= last <= LONGEST:
            raise _error(words, token.at, f"days {part.strip()}: count from 1 upwards, to {LONGEST} at most")
        days.extend(range(first, last + 1))
    if sorted(set(days)) != days:
        raise _error(words, token.at, f"{token.text!r}: name each day once, in order")
    return tuple(days)


def _phase(words: str, items: Sequence[_Item]) -> Phase:
    named = [i.every for i in items if i.every is not None]
    length = max(named, default=CALENDAR)
    spans = {i.times * i.every: i for i in items if i.times is not None and i.every is not None}
    for i in items:
        if i.times is not None and i.every is None:
            raise _error(words, i.found["times"].at, "cycles of which length? say it, as in q21d")
        if i.every is not None and length % i.every:
            raise _error(
                words,
                i.found["every"].at,
                f"cycles of {i.every} and {length} days do not fit into "
                "one phase: give both one length, or one after the other with `then`",
            )
    if len(spans) > 1:
        item = next(i for i in items if i.times and i.every and i.times * i.every == min(spans))
        raise _error(
            words,
            item.found["times"].at,
            f"the drugs of a phase end together, here after "
            f"{min(spans)} and {max(spans)} days: write what goes on after `then`",
        )
    span = next(iter(spans), None)
    if span is not None and span % length:
        item = spans[span]
        raise _error(words, item.found["times"].at, f"{span} days are no whole number of cycles of {length}")
    found = tuple(_prescription(i, length) for i in items)
    return Phase(length, None if span is None else span // length, found)


def _prescription(item: _Item, length: int) -> Prescription:
    every, found = item.every or 1, item.found
    within = item.days or ((1,) if "every" in found and "often" not in found else tuple(range(1, every + 1)))
    days = tuple(d + k * every for k in range(length // every) for d in within)
    route = found["route"].text.lower() if "route" in found else item.drug.routes[0]
    often = OFTEN[found["often"].text.lower()] if "often" in found else 1
    return Prescription(item.drug.name, item.amount, item.unit, route, days, often)
