"""The hospital as clean tables: every cell as it should stand after cleaning, as text.

Moments are UTC (``2021-03-04 12:06``), codes are the codes themselves, numbers are in their usual
unit. The dirt is put upon these tables, so they are the truth that cleaning is to restore.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from headgate.jobs.simulate import vocabulary as words
from headgate.jobs.simulate.chance import Chance
from headgate.jobs.simulate.population import Patient, payer_rows, populate, provider_rows
from headgate.jobs.simulate.schema import Cells
from headgate.jobs.simulate.stays import Stay, admit

__all__ = ["Clean", "generate"]

Clean = dict[str, list[Cells]]
"""Dataset → rows, in the order of the columns of `schema.TABLES`."""


def generate(*, patients: int, seed: int) -> Clean:
    """Make the clean tables of a hospital.

    Parameters
    ----------
    patients : int
        How many people; about 3 stays, 7 diagnoses and 11 laboratory values follow for each.
    seed : int
        The same seed makes the same hospital.

    Returns
    -------
    Clean
        The six tables.

    Examples
    --------
    >>> generate(patients=50, seed=7)["patients"][0][:5]
    ('P000001', 'Julia', 'Carter', 'female', '1957-07-28')
    """
    people = populate(patients, seed=seed)
    stays = admit(people, seed=seed)
    labs: list[Cells] = []
    diagnoses: list[Cells] = []
    for number, stay in enumerate(stays, start=1):
        encounter = _encounter_id(number)
        for test, measured, taken_at in stay.labs:
            facts = words.LAB_TESTS[test]
            value = f"{measured:.{facts.decimals}f}"
            labs.append((f"L{len(labs) + 1:08d}", encounter, test, value, facts.unit, _moment(taken_at)))
        for position, condition in enumerate(stay.diagnoses, start=1):
            diagnoses.append((encounter, str(position), condition.code, condition.text))
    return {
        "patients": _patients(people, seed=seed),
        "encounters": _encounters(stays, seed=seed),
        "diagnoses": diagnoses,
        "labs": labs,
        "providers": provider_rows(seed=seed),
        "payers": payer_rows(),
    }


def _encounter_id(number: int) -> str:
    return f"E{number:07d}"


def _moment(moment: datetime) -> str:
    return moment.isoformat(" ", "minutes")


def _patients(people: list[Patient], *, seed: int) -> list[Cells]:
    chance = Chance(seed, "patients' updates")
    november = datetime(2023, 11, 1)
    return [
        (
            person.patient_id,
            person.first_name,
            person.last_name,
            person.sex,
            person.birth_date.isoformat(),
            person.city,
            person.postcode,
            _moment(november + timedelta(minutes=chance.whole(0, 60 * 1440))),
        )
        for person in people
    ]


def _encounters(stays: list[Stay], *, seed: int) -> list[Cells]:
    chance = Chance(seed, "encounters' updates")
    return [
        (
            _encounter_id(number),
            stay.patient.patient_id,
            stay.provider,
            stay.payer,
            stay.admission_type,
            _moment(stay.admitted_at),
            _moment(stay.discharged_at),
            stay.discharge,
            f"{stay.weight:.1f}",
            "kg",
            f"{stay.charge:.2f}",
            stay.note,
            _moment(stay.discharged_at + timedelta(minutes=chance.whole(120, 1200))),
        )
        for number, stay in enumerate(stays, start=1)
    ]
