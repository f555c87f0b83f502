"""Ids of tasks or files, or tokens of claims, in a statement: one array as one parameter, however many they are."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Text, Uuid, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY

IDS: ARRAY[int] = ARRAY(BigInteger)


def is_among(task_id: ColumnElement[int], ids: Collection[int] | BindParameter[Sequence[int]]) -> ColumnElement[bool]:
    """Whether the id is one of these; no id is among none.

    An IN list would have one parameter for each id, and PostgreSQL's protocol takes no more than 65,535.
    """
    array = ids if isinstance(ids, BindParameter) else literal(list(ids), IDS)
    return task_id == any_(array)


def is_file_among(file_id: ColumnElement[str], file_ids: Collection[str]) -> ColumnElement[bool]:
    """Whether the file is one of these; no file is among none."""
    return file_id == any_(literal(list(file_ids), ARRAY(Text)))


def is_claim_among(claim_token: ColumnElement[UUID], claim_tokens: Collection[UUID]) -> ColumnElement[bool]:
    """Whether the claim token is one of these; no token is among none."""
    return claim_token == any_(literal(list(claim_tokens), ARRAY(Uuid)))
