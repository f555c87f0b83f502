"""The routers of `/api/v1`, in the order in which its description tells of them."""

from fastapi import APIRouter

from mediaproc.web.api import (
    audit,
    bulk,
    events,
    executors,
    files,
    pauses,
    schedules,
    site,
    task_acts,
    tasks,
    tokens,
    webhooks,
)

ROUTERS: tuple[APIRouter, ...] = (
    tasks.router,
    task_acts.router,
    bulk.router,
    files.router,
    site.router,
    events.router,
    executors.router,
    pauses.router,
    schedules.router,
    webhooks.router,
    audit.router,
    tokens.router,
)
