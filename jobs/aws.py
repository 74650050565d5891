"""All that speaks to AWS by boto3: today, the secrets that a pipeline file refers to."""

from __future__ import annotations

import json
import os

from conf import SecretReference
from jobs.exits import ArgumentsError

__all__ = ["reveal"]


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
