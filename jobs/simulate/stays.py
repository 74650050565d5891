"""The stays: who is admitted when, with what, with which laboratory values, and who comes back.

Whether a patient is back within 30 days is decided by a score plus normal noise (a probit model):
age, prior admissions, the principal diagnosis, the length of stay, the discharge, four laboratory
values. A model can learn it, but never wholly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from headgate.jobs.simulate import vocabulary as words
from headgate.jobs.simulate.chance import Chance
from headgate.jobs.simulate.population import FIRST_DAY, LAST_DAY, PROVIDERS, Patient

__all__ = ["Lab", "Stay", "admit"]

START = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day)
END = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day)

THRESHOLD = 1.85
"""The score above which a patient is back within 30 days; it sets the base rate."""

NEVER_BACK = ("expired", "hospice")


Lab = tuple[str, float, datetime]
"""One laboratory value: the test, the value in its usual unit, and when the sample was taken."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay, as it truly was; times are UTC."""

    patient: Patient
    admitted_at: datetime
    discharged_at: datetime
    admission_type: str
    discharge: str
    payer: str
    provider: str
    weight: float
    charge: float
    note: str
    diagnoses: tuple[words.Condition, ...]
    labs: tuple[Lab, ...]


def admit(patients: list[Patient], *, seed: int) -> list[Stay]:
    """All stays of all patients, in the order of admission."""
    chance = Chance(seed, "stays")
    stays = [stay for patient in patients for stay in _life(chance, patient)]
    return sorted(stays, key=lambda stay: (stay.admitted_at, stay.patient.patient_id))


def _life(chance: Chance, patient: Patient) -> Iterator[Stay]:
    insurance = _payer(chance, patient.age(FIRST_DAY))
    burden = len(patient.illnesses)
    moment = START + timedelta(minutes=int(chance.uniform() * 1500 * 1440))
    prior, soon = 0, False
    while True:
        stay = _stay(chance, patient, moment, insurance, soon)
        if stay.discharged_at >= END:
            return
        yield stay
        if stay.discharge in NEVER_BACK:
            return
        soon = _score(stay, prior) + chance.normal() > THRESHOLD
        if soon:
            days = 1.0 + 28.5 * chance.uniform() * (0.4 + 0.6 * chance.uniform())
        else:
            days = (
                31.0
                + (1600.0 / (1.0 + 0.45 * burden)) * (chance.uniform() + chance.uniform()) * chance.uniform()
            )
        moment = stay.discharged_at + timedelta(minutes=int(days * 1440))
        prior += 1


def _score(stay: Stay, prior: int) -> float:
    days = (stay.discharged_at - stay.admitted_at).days
    labs = {test: value for test, value, _ in stay.labs}
    score = 0.16 * (stay.patient.age(stay.discharged_at.date()) - 60.0) / 15.0
    score += 0.13 * min(prior, 6) + stay.diagnoses[0].risk + 0.035 * min(days, 16)
    score += {"against_advice": 0.70, "skilled_nursing": 0.35, "home_health": 0.25}.get(stay.discharge, 0.0)
    score += 0.40 * (labs.get("creatinine", 1.0) > 2.0) + 0.40 * (labs.get("hemoglobin", 13.0) < 10.0)
    score += 0.35 * (labs.get("sodium", 138.0) < 134.0) + 0.25 * (labs.get("glucose", 110.0) > 220.0)
    return score


def _payer(chance: Chance, age: float) -> str:
    if age >= 65:
        return chance.weighted((("medicare", 0.86), ("blue_cross", 0.08), ("united", 0.06)))
    return chance.weighted(
        (("medicaid", 0.28), ("blue_cross", 0.26), ("united", 0.18), ("aetna", 0.16), ("self_pay", 0.12))
    )


def _stay(chance: Chance, patient: Patient, admitted: datetime, insurance: str, again: bool) -> Stay:
    age = patient.age(admitted.date())
    diagnoses = _diagnoses(chance, patient, age)
    severity = chance.normal() + 0.02 * (age - 60.0) + 0.25 * diagnoses[0].risk
    kinds = (("emergency", 0.55), ("urgent", 0.20), ("elective", 0.05 if again else 0.20), ("trauma", 0.05))
    hours = 14.0 + 62.0 * max(0.1, 1.0 + 0.6 * severity) * (0.3 + 1.4 * chance.uniform())
    discharged = admitted + timedelta(minutes=int(hours * 60))
    labs = _labs(chance, patient, admitted, hours, severity)
    return Stay(
        patient=patient,
        admitted_at=admitted,
        discharged_at=discharged,
        admission_type=chance.weighted(kinds),
        discharge=_discharge(chance, age, severity),
        payer=insurance if chance.happens(0.94) else chance.one_of(words.PAYERS)[0],
        provider=f"D{chance.whole(1, PROVIDERS):03d}",
        weight=round(patient.weight * (1.0 + 0.03 * chance.normal()), 1),
        charge=round(hours * (95.0 + 40.0 * chance.uniform()) + 900.0 * len(labs), 2),
        note=chance.one_of(words.NOTES) if chance.happens(0.45) else "",
        diagnoses=diagnoses,
        labs=labs,
    )


def _diagnoses(chance: Chance, patient: Patient, age: float) -> tuple[words.Condition, ...]:
    steps = (age - 60.0) / 15.0
    illnesses = patient.illnesses
    if illnesses and chance.happens(0.45):
        principal = chance.one_of(illnesses)
    elif patient.sex == "female" and 18 <= age < 43 and chance.happens(0.35):
        principal = words.Condition("650", "Normal delivery", 0.0, 0.0, -0.9)
    else:
        reasons = [(reason, reason.weight * max(0.1, 1.0 + reason.age * steps)) for reason in words.ACUTE]
        principal = chance.weighted(reasons)
    # Not every lasting illness is coded at every stay.
    others = [illness for illness in illnesses if illness is not principal and chance.happens(0.8)]
    return (principal, *others)


def _discharge(chance: Chance, age: float, severity: float) -> str:
    old, ill = max(0.0, (age - 50.0) / 40.0), max(0.0, 0.5 + 0.4 * severity)
    return chance.weighted(
        (
            ("home", 0.72),
            ("home_health", 0.04 + 0.18 * old),
            ("skilled_nursing", 0.01 + 0.20 * old * ill),
            ("rehabilitation", 0.02 + 0.04 * old),
            ("against_advice", 0.03),
            ("hospice", 0.03 * old * ill),
            ("expired", 0.005 + 0.05 * old * ill),
        )
    )


def _labs(
    chance: Chance, patient: Patient, admitted: datetime, hours: float, severity: float
) -> tuple[Lab, ...]:
    codes = {illness.code for illness in patient.illnesses}
    diabetic = any(code.startswith("250") for code in codes)
    shift = {
        "glucose": 2.2 if diabetic else 0.0,
        "creatinine": 5.5 if "585.4" in codes else 0.25 * max(severity, 0.0),
        "hemoglobin": (-1.6 if "285.9" in codes else 0.0) - 0.35 * max(severity, 0.0),
        "sodium": -0.5 * max(severity, 0.0),
        "hba1c": 3.2 if diabetic else 0.0,
    }
    found = []
    for test, facts in words.LAB_TESTS.items():
        if not chance.happens(0.75 if test == "hba1c" and diabetic else facts.taken):
            continue
        deviation = chance.normal() * (2.0 if diabetic and test == "glucose" else 1.0) + shift[test]
        value = max(facts.mean + facts.spread * deviation, facts.mean * 0.35)
        taken = admitted + timedelta(minutes=int(30 + 60 * min(hours - 2.0, 30.0) * chance.uniform()))
        found.append((test, round(value, facts.decimals), taken))
    return tuple(found)
