"""One writer at a time: a lease on a real S3 endpoint, taken, renewed, lost and taken over."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from headgate.jobs.aws import S3Object
from headgate.jobs.exits import ArgumentsError
from headgate.jobs.lease import BusyError, LeaseLostError, lease

KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
FAST = {"beat": 0.1, "patience": 1.0}


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


def test_while_one_run_writes_another_is_refused(endpoint: str, place: str) -> None:
    said: list[str] = []
    with lease(S3Object(place, endpoint=endpoint), holder="run a", say=nothing, **FAST) as may_write:
        with (
            pytest.raises(BusyError, match=r"run a is writing this lake"),
            lease(S3Object(place, endpoint=endpoint), holder="run b", say=said.append, **FAST),
        ):
            pytest.fail("both hold it")
        may_write()
    assert said == [f"run a holds the lease on {place}: waiting up to 1 s to see if it lives"]


def test_a_lease_that_was_given_back_is_free(endpoint: str, place: str) -> None:
    for holder in ("run a", "run b"):
        begun = time.monotonic()
        with lease(S3Object(place, endpoint=endpoint), holder=holder, say=pytest.fail, **FAST):
            pass
        assert time.monotonic() - begun < FAST["patience"]


def test_a_run_whose_holder_died_takes_over(endpoint: str, place: str) -> None:
    seat = S3Object(place, endpoint=endpoint)
    seat.put(json.dumps({"holder": "run dead", "beat": 7}), over=None)
    begun = time.monotonic()
    with lease(seat, holder="run b", say=nothing, **FAST) as may_write:
        assert time.monotonic() - begun >= FAST["patience"]
        may_write()


def test_a_run_that_lost_its_lease_writes_no_more(endpoint: str, place: str) -> None:
    seat = S3Object(place, endpoint=endpoint)
    with lease(seat, holder="run a", say=nothing, **FAST) as may_write:
        for _ in range(20):  # its own renewals come in between
            found = seat.read()
            assert found is not None
            if seat.put(json.dumps({"holder": "run b"}), over=found[1]) is not None:
                break
        time.sleep(0.5)
        with pytest.raises(LeaseLostError, match="could not be renewed"):
            may_write()
    found = seat.read()
    assert found is not None
    assert json.loads(found[0])["holder"] == "run b"


def test_a_run_that_cannot_reach_the_store_writes_no_more(endpoint: str, place: str) -> None:
    class Gone(S3Object):
        reached = True

        def put(self, text: str, *, over: str | None) -> str | None:
            if not self.reached:
                raise ConnectionError("no route")
            return super().put(text, over=over)

    seat = Gone(place, endpoint=endpoint)
    with lease(seat, holder="run a", say=nothing, **FAST) as may_write:
        seat.reached = False
        time.sleep(0.8)
        with pytest.raises(LeaseLostError):
            may_write()
        seat.reached = True


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
