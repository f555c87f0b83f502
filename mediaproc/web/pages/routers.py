"""The routers of the pages, and of what browsers load beside them."""

from fastapi import APIRouter

from mediaproc.web.pages import (
    audit,
    executors,
    login,
    pauses,
    preferences,
    problems,
    schedules,
    static,
    tasks,
    tokens,
    upload,
    webhooks,
)

ROUTERS: tuple[APIRouter, ...] = (
    login.router,
    preferences.router,
    problems.router,
    static.router,
    tasks.router,
    upload.router,
    executors.router,
    pauses.router,
    schedules.router,
    webhooks.router,
    audit.router,
    tokens.router,
)
