"""All that speaks to AWS by boto3: secrets that a pipeline file refers to, and the lease on a lake in S3."""

from __future__ import annotations

import json
import os
import threading
from typing import Any
from urllib.parse import urlsplit

from headgate.conf import SecretReference
from headgate.jobs.exits import ArgumentsError

__all__ = ["S3Object", "reveal"]

SOLE = "pass --sole-writer if no other job writes this lake"


def reveal(reference: SecretReference) -> str:
    """The value behind a reference. Never log, print or store what this returns.

    Raises
    ------
    ArgumentsError
        There is no such secret, or no right to read it; the value of no secret is in the message.
    """
    place = str(reference)
    if reference.store == "env":
        value = os.environ.get(reference.name)
        if value is None:
            raise ArgumentsError(
                argument=place, reason="the variable is not set", fix=f"export {reference.name}=…"
            )
        return value

    import boto3  # only where a secret is in AWS: the laptop has no need of it
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        if reference.store == "ssm":
            answer = boto3.client("ssm").get_parameter(Name=reference.name, WithDecryption=True)
            return str(answer["Parameter"]["Value"])
        text = str(boto3.client("secretsmanager").get_secret_value(SecretId=reference.name)["SecretString"])
    except (BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise ArgumentsError(
            argument=place,
            reason=f"AWS answers {code}",
            fix="check the name, the region and the role's rights",
        ) from None
    if reference.key is None:
        return text
    try:
        return str(json.loads(text)[reference.key])
    except (ValueError, KeyError, TypeError):
        raise ArgumentsError(
            argument=place,
            reason=f"the secret holds no key '{reference.key}'",
            fix="name one of its JSON keys",
        ) from None


NOT_SO = ("PreconditionFailed", "ConditionalRequestConflict", "412", "NoSuchKey")
"""How S3 says that a condition does not hold: of an object that was deleted it says that there is none."""

DENIED = {
    "NotImplemented": ("the store knows no conditions", SOLE),
    "NoSuchBucket": ("there is no such bucket", "make it, or correct --lake"),
    "404": ("there is no such bucket", "make it, or correct --lake"),
    "AccessDenied": ("no permission", "grant s3:GetObject and s3:PutObject on it to the job's role"),
    "InvalidAccessKeyId": ("the credentials are not known", "check AWS_PROFILE or the job's role"),
    "403": ("no permission", "grant s3:GetObject and s3:PutObject on it to the job's role"),
}


class S3Object:
    """One small object of S3 that is written only under a condition.

    Parameters
    ----------
    place : str
        ``s3://bucket/key`` or ``s3a://bucket/key``.
    endpoint, region : str, optional
        Where S3 is, if not where boto3 would look.

    Raises
    ------
    ArgumentsError
        By each method, where the bucket is not there, or may not be read or written, or AWS cannot be
        reached at all; by `require_conditions`.
    """

    def __init__(self, place: str, *, endpoint: str | None = None, region: str | None = None) -> None:
        try:
            import boto3
        except ImportError:
            raise ArgumentsError(
                argument=place,
                reason="boto3 is not installed, and without it a lake on S3 cannot be kept to one writer",
                fix=f"pip install boto3, or {SOLE}",
            ) from None
        self.place = place
        address = urlsplit(place)
        self._at = {"Bucket": address.netloc, "Key": address.path.lstrip("/")}
        self._client: Any = boto3.client("s3", endpoint_url=endpoint, region_name=region)
        self._putting = threading.Lock()

    def read(self) -> tuple[str, str] | None:
        """Its text and ETag, or None where it is not there."""
        from botocore.exceptions import ClientError

        try:
            answer = self._asked("get_object", **self._at)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        return answer["Body"].read().decode(), answer["ETag"]

    def put(self, text: str, *, over: str | None) -> str | None:
        """Write `text` over the version with the ETag `over`, or over nothing; the new ETag, or None."""
        from botocore.exceptions import ClientError

        # As a header and not a parameter: platforms ship a boto3 that is older than the parameter.
        condition = {"If-None-Match": "*"} if over is None else {"If-Match": over}

        def conditional(params: dict[str, Any], **_: Any) -> None:
            params["headers"].update(condition)

        events = self._client.meta.events
        with self._putting:  # the condition is of this request, and not of another thread's
            events.register("before-call.s3.PutObject", conditional)
            try:
                answer = self._asked("put_object", **self._at, Body=text.encode())
            except ClientError as error:
                if error.response["Error"]["Code"] in NOT_SO:
                    return None
                raise
            finally:
                events.unregister("before-call.s3.PutObject", conditional)
        return str(answer["ETag"])

    def require_conditions(self) -> None:
        """Raise `ArgumentsError` where the store writes whatever the condition: some that speak S3 do.

        The object must be there.
        """
        found = self.read()
        if found is not None and self.put(found[0], over=None) is not None:
            reason = "the store overwrites an object that must not be there, so it keeps no writers apart"
            raise ArgumentsError(argument=self.place, reason=reason, fix=SOLE)

    def _asked(self, operation: str, **parameters: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(**parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in DENIED:
                raise
            reason, fix = DENIED[code]
            raise ArgumentsError(argument=self.place, reason=f"{reason} (AWS: {code})", fix=fix) from None
        except BotoCoreError as error:
            fix = "check credentials, region and endpoint (AWS_ENDPOINT_URL)"
            raise ArgumentsError(argument=self.place, reason=str(error), fix=fix) from None
