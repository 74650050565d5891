"""Code that a pipeline names runs only where the user says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.conf import PipelineError
from headgate.jobs.context import load_pipeline
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.trust import trusts_code

PIPELINE = """
name: clinic
datasets:
  patients:
    source: {files: "*.csv"}
    clean: ["sneaky_module_of_a_stranger:ran"]
    suite: s.json
"""


def test_a_module_is_not_even_imported_without_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.syspath_prepend(tmp_path)
    mark = tmp_path / "ran"
    (tmp_path / "sneaky_module_of_a_stranger.py").write_text(
        f"open({str(mark)!r}, 'w').close()\ndef ran():\n    return None\n"
    )
    file = tmp_path / "p.yaml"
    file.write_text(PIPELINE)
    with pytest.raises(PipelineError, match=r"p.yaml:6: .*--trust-code") as caught:
        load_pipeline(str(file))
    assert (len(caught.value.problems), mark.exists()) == (1, False)
    load_pipeline(str(file), trust_code=True)
    assert mark.exists()


def test_the_user_says_so_by_flag_variable_or_configuration(tmp_path: Path) -> None:
    home = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert not trusts_code(False, home)
    assert trusts_code(True, home)
    assert trusts_code(False, {**home, "HEADGATE_TRUST_CODE": "true"})
    place = tmp_path / "headgate" / "config.yaml"
    place.parent.mkdir()
    for text, trusted in (("", False), ("trust_code: false", False), ("trust_code: true", True)):
        place.write_text(text)
        assert trusts_code(False, home) is trusted
    assert not trusts_code(False, {**home, "HEADGATE_TRUST_CODE": "0"})
    for text in ("trust_code: 1", "trust: true", "[", "yes"):
        place.write_text(text)
        with pytest.raises(ArgumentsError):
            trusts_code(False, home)
    with pytest.raises(ArgumentsError):
        trusts_code(False, {"HEADGATE_TRUST_CODE": "maybe"})
