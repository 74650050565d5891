"""The people: patients with their lasting illnesses, and the providers and payers who serve them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from headgate.jobs.simulate import names
from headgate.jobs.simulate import vocabulary as words
from headgate.jobs.simulate.chance import Chance
from headgate.jobs.simulate.schema import Cells

__all__ = ["FIRST_DAY", "LAST_DAY", "PROVIDERS", "Patient", "payer_rows", "populate", "provider_rows"]

FIRST_DAY = date(2019, 1, 1)
LAST_DAY = date(2023, 12, 31)

PROVIDERS = 40

AGE_GROUPS = (((1, 17), 0.05), ((18, 39), 0.16), ((40, 59), 0.24), ((60, 74), 0.31), ((75, 92), 0.24))


@dataclass(frozen=True, slots=True)
class Patient:
    """One person, as she truly is."""

    patient_id: str
    first_name: str
    last_name: str
    sex: str
    birth_date: date
    city: str
    postcode: str
    weight: float
    illnesses: tuple[words.Condition, ...]

    def age(self, day: date) -> float:
        """Years lived on `day`."""
        return (day - self.birth_date).days / 365.25


def populate(patients: int, *, seed: int) -> list[Patient]:
    """Make `patients` people."""
    chance = Chance(seed, "people")
    cities = [((city, prefix), weight) for city, prefix, weight in names.CITIES]
    people = []
    for number in range(1, patients + 1):
        sex = "female" if chance.happens(0.53) else "male"
        low, high = chance.weighted(AGE_GROUPS)
        age = chance.whole(low, high)
        birth = FIRST_DAY - timedelta(days=int((age + chance.uniform()) * 365.25))
        city, prefix = chance.weighted(cities)
        people.append(
            Patient(
                patient_id=f"P{number:06d}",
                first_name=chance.one_of(names.FEMALE_NAMES if sex == "female" else names.MALE_NAMES),
                last_name=chance.one_of(names.FAMILY_NAMES),
                sex=sex,
                birth_date=birth,
                city=city,
                postcode=f"{prefix}{chance.whole(1, 60):02d}",
                weight=_weight(chance, age=age, sex=sex),
                illnesses=_illnesses(chance, age=age, sex=sex),
            )
        )
    return people


def _weight(chance: Chance, *, age: int, sex: str) -> float:
    if age < 18:
        return round(6.0 + 3.4 * age * (1.0 + 0.12 * chance.normal()), 1)
    deviation = chance.normal()
    usual = 74.0 if sex == "female" else 86.0
    return round(usual * (1.0 + 0.17 * deviation + 0.04 * deviation * deviation), 1)


def _illnesses(chance: Chance, *, age: int, sex: str) -> tuple[words.Condition, ...]:
    steps = (age - 60) / 15.0
    found = []
    for illness in words.CHRONIC:
        share = illness.weight * max(0.05, 1.0 + illness.age * steps) * (0.4 if age < 30 else 1.0)
        if chance.happens(min(share, 0.75)) and not (illness.code == "174.9" and sex == "male"):
            found.append(illness)
    return tuple(found)


def provider_rows(*, seed: int) -> list[Cells]:
    """The providers as clean rows: provider_id, provider_name, specialty."""
    chance = Chance(seed, "providers")
    rows: list[Cells] = []
    for number in range(1, PROVIDERS + 1):
        given = chance.one_of(chance.one_of((names.FEMALE_NAMES, names.MALE_NAMES)))
        name = f"{chance.one_of(names.FAMILY_NAMES)}, {given}"
        rows.append((f"D{number:03d}", name, words.SPECIALTIES[(number - 1) % len(words.SPECIALTIES)]))
    return rows


def payer_rows() -> list[Cells]:
    """The payers as clean rows: payer_code, payer_name, payer_kind."""
    return list(words.PAYERS)
