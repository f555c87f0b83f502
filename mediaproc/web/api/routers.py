"""The routers of `/api/v1`, in the order in which its description tells of them."""

from fastapi import APIRouter

from mediaproc.web import tus
from mediaproc.web.api import (
    audit,
    bulk,
    completion,
    enqueue,
    events,
    executors,
    files,
    pauses,
    schedules,
    share,
    site,
    task_acts,
    tasks,
    tokens,
    uploads,
    webhooks,
)

ROUTERS: tuple[APIRouter, ...] = (
    tasks.router,
    task_acts.router,
    completion.router,
    share.router,
    bulk.router,
    files.router,
    enqueue.router,
    tus.router,
    uploads.router,
    site.router,
    events.router,
    executors.router,
    pauses.router,
    schedules.router,
    webhooks.router,
    audit.router,
    tokens.router,
)
