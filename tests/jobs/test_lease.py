"""One writer a table at a time: leases on a real S3 endpoint, taken, renewed, lost and taken over."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import nullcontext

import boto3
import pytest
from moto.server import ThreadedMotoServer

from headgate.jobs.aws import S3Object
from headgate.jobs.exits import ArgumentsError, Exit, code_of
from headgate.jobs.lease import BusyError, Lease, LeaseLostError, lease
from headgate.jobs.leases import LeaseUnreadableError

KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
FAST = {"beat": 0.1, "patience": 1.0}
PATIENT = {"beat": 0.1, "patience": 60.0}
"""For what must not end however slow the machine is."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=address, **KEYS).create_bucket(Bucket="lake")
    yield address
    server.stop()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    return f"s3://lake/{request.node.name}/_writer.json"


def nothing(_: str) -> None:
    pass


def test_an_object_is_written_only_under_its_condition(endpoint: str, place: str) -> None:
    seat = S3Object(place, endpoint=endpoint)
    assert seat.read() is None
    first = seat.put("one", over=None)
    assert first is not None
    assert seat.put("two", over=None) is None
    second = seat.put("two", over=first)
    assert second not in (None, first)
    assert seat.put("three", over=first) is None
    assert seat.read() == ("two", second)


def leases(place: str, endpoint: str) -> S3Object:
    return S3Object(place, endpoint=endpoint)


def holders(place: str, endpoint: str) -> dict[str, list[str]]:
    """Who holds which tables."""
    found = leases(place, endpoint).read()
    assert found is not None
    return {each["holder"]: each["tables"] for each in json.loads(found[0])["holders"].values()}


def test_while_one_run_writes_a_table_another_is_refused(endpoint: str, place: str) -> None:
    said: list[str] = []
    with lease(leases(place, endpoint), tables=["a", "b"], holder="run a", say=nothing, **PATIENT) as held:
        with (
            pytest.raises(BusyError, match=r"run a is writing b, and") as caught,
            lease(leases(place, endpoint), tables=["b", "c"], holder="run b", say=said.append, **FAST),
        ):
            pytest.fail("both hold it")
        held.check()
        assert holders(place, endpoint) == {"run a": ["a", "b"]}
    assert caught.value.tables == ("b",)
    assert said == ["run a holds the lease on b: waiting up to 1 s to see if it lives"]


def test_runs_that_write_other_tables_go_on_beside_each_other(endpoint: str, place: str) -> None:
    runs = [f"run {number}" for number in range(4)]
    ended, lost = threading.Event(), list[BaseException]()

    def one(run: str) -> None:
        try:
            with lease(leases(place, endpoint), tables=[run], holder=run, say=pytest.fail, **PATIENT) as held:
                ended.wait(60)
                held.check()
        except BaseException as error:
            lost.append(error)

    def renewed(times: int) -> bool:
        found = leases(place, endpoint).read()
        beats = [each["beat"] for each in json.loads(found[0])["holders"].values()] if found else []
        return len(beats) == len(runs) and min(beats) >= times

    threads = [threading.Thread(target=one, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 60
    while not renewed(3):  # each writes over what the others have written
        assert time.monotonic() < until
        time.sleep(0.1)
    assert holders(place, endpoint) == {run: [run] for run in runs}
    ended.set()
    for thread in threads:
        thread.join()
    assert lost == []
    assert holders(place, endpoint) == {}


def test_at_what_all_runs_write_they_take_turns(endpoint: str, place: str) -> None:
    inside, most, turns = 0, 0, 0

    def one(run: str) -> None:
        nonlocal inside, most, turns
        with lease(leases(place, endpoint), tables=[run], holder=run, say=pytest.fail, **PATIENT) as held:
            for _ in range(3):
                with held.turn_at("ledger"):
                    inside += 1
                    most, turns = max(most, inside), turns + 1
                    time.sleep(0.1)
                    inside -= 1

    threads = [threading.Thread(target=one, args=(f"run {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, turns) == (1, 9)


def test_a_lease_that_was_given_back_is_free(endpoint: str, place: str) -> None:
    for holder in ("run a", "run b"):
        begun = time.monotonic()
        with lease(leases(place, endpoint), tables=["t"], holder=holder, say=pytest.fail, **FAST):
            pass
        assert time.monotonic() - begun < FAST["patience"]


@pytest.mark.parametrize(
    "left",
    [
        {"holders": {"x": {"holder": "run dead", "beat": 7, "tables": ["s", "t"]}}},
        {"holder": "run dead", "beat": 7},  # of before there was a lease on each table
    ],
)
def test_the_tables_of_a_run_that_died_are_taken_over(
    endpoint: str, place: str, left: dict[str, object]
) -> None:
    seat = leases(place, endpoint)
    seat.put(json.dumps(left), over=None)
    begun = time.monotonic()
    # Another, which is alive and writes another table, changes the object all the time.
    with (
        lease(seat, tables=["elsewhere"], holder="run b", say=nothing, **FAST)
        if "holders" in left
        else nullcontext(),
        lease(leases(place, endpoint), tables=["t"], holder="run c", say=nothing, **FAST) as held,
    ):
        assert time.monotonic() - begun >= FAST["patience"]
        held.check()
        assert "run dead" not in holders(place, endpoint)


def test_a_lease_of_before_that_was_given_back_is_free(endpoint: str, place: str) -> None:
    seat = leases(place, endpoint)
    seat.put(json.dumps({"holder": "run dead", "released": True}), over=None)
    with lease(seat, tables=["t"], holder="run b", say=pytest.fail, **FAST):
        pass


def test_a_run_that_lost_its_lease_writes_no_more(endpoint: str, place: str) -> None:
    seat = leases(place, endpoint)
    other = json.dumps({"holders": {"x": {"holder": "run b", "beat": 0, "tables": ["t"]}}})
    with lease(seat, tables=["t"], holder="run a", say=nothing, **FAST) as held:
        for _ in range(20):  # its own renewals come in between
            found = seat.read()
            assert found is not None
            if seat.put(other, over=found[1]) is not None:
                break
        time.sleep(0.5)
        with pytest.raises(LeaseLostError, match="could not be renewed"):
            held.check()
        with pytest.raises(LeaseLostError), held.turn_at("ledger"):
            pytest.fail("it has its turn")
    assert holders(place, endpoint) == {"run b": ["t"]}


def test_an_answer_that_was_lost_is_no_lease_that_was_lost(endpoint: str, place: str) -> None:
    """A store that has written, and whose client asks again, is told that its condition does not hold."""

    class Again(S3Object):
        def put(self, text: str, *, over: str | None) -> str | None:
            super().put(text, over=over)
            return super().put(text, over=over)

    with lease(leases(place, endpoint), tables=["s"], holder="run b", say=nothing, **PATIENT):
        held = Lease(Again(place, endpoint=endpoint), holder="run a", say=pytest.fail, **PATIENT)
        held.take(["t"])
        assert holders(place, endpoint) == {"run a": ["t"], "run b": ["s"]}
        assert held.renew()
        held.check()
        held.give_back()
        assert holders(place, endpoint) == {"run b": ["s"]}


def test_a_lease_on_no_table_is_held_until_it_is_given_back(endpoint: str, place: str) -> None:
    with lease(leases(place, endpoint), tables=[], holder="run a", say=pytest.fail, **PATIENT) as held:
        time.sleep(0.5)
        with held.turn_at("ledger"), held.turn_at("ledger"):
            assert holders(place, endpoint) == {"run a": ["ledger"]}
        held.check()
        assert holders(place, endpoint) == {"run a": []}
    assert holders(place, endpoint) == {}


def test_what_cannot_be_told_at_the_end_of_a_turn_is_told_by_the_next_beat(endpoint: str, place: str) -> None:
    class Failing(S3Object):
        fails = 0

        def put(self, text: str, *, over: str | None) -> str | None:
            if self.fails:
                self.fails -= 1
                raise ConnectionError("no route")
            return super().put(text, over=over)

    seat, said = Failing(place, endpoint=endpoint), list[str]()
    with lease(seat, tables=["t"], holder="run a", say=said.append, **PATIENT) as held:
        with held.turn_at("ledger"):
            seat.fails = 1
        held.check()
        until = time.monotonic() + 30
        while holders(place, endpoint) != {"run a": ["t"]}:
            assert time.monotonic() < until
            time.sleep(0.05)
        seat.fails = 2
    assert (holders(place, endpoint), said) == ({}, [])
    with lease(seat, tables=["t"], holder="run a", say=said.append, beat=5, patience=60):
        seat.fails = 9
    assert "could not be given back (no route); the next run waits 60 s" in said[0]


@pytest.mark.parametrize(
    "text", ["", "x", "null", "5", "[]", "{}", '{"holders":null}', '{"holders":{"x":{}}}', '{"a":1}']
)
def test_what_is_no_lease_is_one_line(endpoint: str, place: str, text: str) -> None:
    place = place.replace("[", "").replace("]", "").replace('"', "")
    leases(place, endpoint).put(text, over=None)
    with (
        pytest.raises(
            LeaseUnreadableError, match="what is in it are no leases; delete it if no job"
        ) as caught,
        lease(leases(place, endpoint), tables=["t"], holder="run a", say=nothing, **FAST),
    ):
        pytest.fail("it is held")
    assert code_of(caught.value) is Exit.BAD_ARGUMENTS


def test_a_run_that_cannot_reach_the_store_writes_no_more(endpoint: str, place: str) -> None:
    class Gone(S3Object):
        reached = True

        def put(self, text: str, *, over: str | None) -> str | None:
            if not self.reached:
                raise ConnectionError("no route")
            return super().put(text, over=over)

    seat = Gone(place, endpoint=endpoint)
    with lease(seat, tables=["t"], holder="run a", say=nothing, **FAST) as held:
        seat.reached = False
        time.sleep(0.8)
        with pytest.raises(LeaseLostError):
            held.check()
        seat.reached = True


def test_an_object_that_was_deleted_is_none_to_write_over(endpoint: str, place: str) -> None:
    seat = leases(place, endpoint)
    written = seat.put("one", over=None)
    boto3.client("s3", endpoint_url=endpoint, **KEYS).delete_object(
        Bucket="lake", Key=place.removeprefix("s3://lake/")
    )
    assert seat.put("two", over=written) is None


def test_a_store_that_does_not_keep_to_conditions_keeps_no_writers_apart(endpoint: str, place: str) -> None:
    class Careless(S3Object):
        def put(self, text: str, *, over: str | None) -> str | None:
            return super().put(text, over=(self.read() or (None, None))[1])

    careless = Careless(place, endpoint=endpoint)
    with (
        pytest.raises(ArgumentsError, match="keeps no writers apart; pass --sole-writer"),
        lease(careless, tables=["t"], holder="run a", say=nothing, **FAST),
    ):
        pytest.fail("it is held")


def test_a_bucket_that_is_not_there_is_one_line(endpoint: str) -> None:
    with pytest.raises(ArgumentsError, match="there is no such bucket") as caught:
        S3Object("s3://nowhere/_writer.json", endpoint=endpoint).put("x", over=None)
    assert caught.value.argument == "s3://nowhere/_writer.json"


def test_no_permission_is_one_line(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the credentials of the tests before
    iam = boto3.client("iam", endpoint_url=endpoint, **KEYS)
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    seat = S3Object("s3://lake/x/_writer.json", endpoint=endpoint)

    def after(actions: str) -> None:
        """From so many calls on, the endpoint asks for permissions."""
        request = urllib.request.Request(
            f"{endpoint}/moto-api/reset-auth", data=actions.encode(), headers={"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    after("0")
    try:
        with pytest.raises(ArgumentsError, match="no permission"):
            seat.put("x", over=None)
    finally:
        after("inf")


def test_an_endpoint_that_does_not_answer_is_one_line() -> None:
    seat = S3Object("s3://lake/x", endpoint="http://127.0.0.1:9")
    with pytest.raises(ArgumentsError, match="check credentials, region and endpoint"):
        seat.read()
