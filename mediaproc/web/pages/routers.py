"""The routers of the pages, and of what browsers load beside them; of two that know a path the first one gets it."""

from fastapi import APIRouter

from mediaproc.web.pages import (
    audit,
    executors,
    live,
    login,
    overview,
    pauses,
    preferences,
    problems,
    schedules,
    share,
    static,
    task,
    tasks,
    tokens,
    upload,
    webhooks,
)

ROUTERS: tuple[APIRouter, ...] = (
    live.router,
    login.router,
    preferences.router,
    problems.router,
    static.router,
    overview.router,
    tasks.router,
    task.router,
    upload.router,
    executors.router,
    pauses.router,
    schedules.router,
    webhooks.router,
    audit.router,
    tokens.router,
    share.router,
)
