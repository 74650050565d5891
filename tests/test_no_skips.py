"""In CI a skip is a failure, unless it is one of the few that are allowed."""

from __future__ import annotations

import pytest

SKIPPED = "import pytest\n\ndef test_it():\n    pytest.skip({reason!r})\n"


def outcomes(pytester: pytest.Pytester, source: str) -> dict[str, int]:
    pytester.makepyfile(source)
    return pytester.runpytest_inprocess("-p", "tests.no_skips").parseoutcomes()


def test_a_skip_fails_where_nothing_may_be_skipped(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADGATE_NO_SKIPS", "1")
    assert outcomes(pytester, SKIPPED.format(reason="no browser")) == {"failed": 1}


def test_a_module_that_skips_itself_fails_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADGATE_NO_SKIPS", "1")
    assert outcomes(pytester, "import pytest\npytest.importorskip('no_such_module')\n") == {"errors": 1}


def test_a_reason_on_the_list_is_allowed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADGATE_NO_SKIPS", "1")
    assert outcomes(pytester, SKIPPED.format(reason="real data absent: /data")) == {"skipped": 1}


def test_elsewhere_a_skip_is_a_skip(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADGATE_NO_SKIPS", raising=False)
    assert outcomes(pytester, SKIPPED.format(reason="no browser")) == {"skipped": 1}
