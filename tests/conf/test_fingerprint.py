from __future__ import annotations

from headgate.conf import Step, fingerprint
from tests.conf.clinic import CLINIC, changed, read

REFORMATTED = (
    CLINIC.replace(
        '    source: {files: "patients*.csv", delimiter: ";"}',
        "    # the patients\n    source:\n      delimiter: ';'\n      files: patients*.csv",
    )
    .replace("{column: sex, vocabulary:", "{vocabulary:")
    .replace('"2": female}}', '"2": female}, column: sex}')
)


def test_it_is_a_sha256():
    assert len(fingerprint(read())) == 64


def test_formatting_comments_and_the_order_of_keys_do_not_change_it():
    assert REFORMATTED.count("\n") > CLINIC.count("\n")
    assert fingerprint(read(REFORMATTED)) == fingerprint(read())


def test_a_default_that_is_written_out_does_not_change_it():
    assert fingerprint(read(changed("tolerance: 0.05", "allow_empty: false"))) == fingerprint(read())


def test_a_change_of_one_slice_changes_that_slice_alone():
    other = read(changed("minutes: median", "minutes: mean"))
    assert fingerprint(other.exports["returns"]) != fingerprint(read().exports["returns"])
    assert fingerprint(other.datasets["patients"]) == fingerprint(read().datasets["patients"])


def test_the_order_of_steps_changes_it():
    swapped = changed("      - trim_text\n", "").replace("female}}\n", "female}}\n      - trim_text\n", 1)
    assert fingerprint(read(swapped).datasets["patients"]) != fingerprint(read().datasets["patients"])


def test_a_variable_counts_with_its_value():
    assert fingerprint(read(LANDING="/a")) != fingerprint(read(LANDING="/b"))


def test_every_part_counts():
    star = read().star
    assert len({fingerprint(), fingerprint(star), fingerprint(star, "1"), fingerprint("1", star)}) == 4


def test_numbers_that_json_does_not_have_are_told_apart():
    steps = [Step(name="a", parameters={"x": number}) for number in (float("inf"), float("-inf"), None)]
    assert len({fingerprint(step) for step in steps}) == 3


def test_the_place_of_a_step_does_not_count():
    assert fingerprint(Step(name="a", place=1)) == fingerprint(Step(name="a", place=2))
