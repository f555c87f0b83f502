"""The routers of the pages, and of what browsers load beside them."""

from fastapi import APIRouter

from mediaproc.web.pages import login, preferences, problems, static, tasks, upload

ROUTERS: tuple[APIRouter, ...] = (
    login.router,
    preferences.router,
    problems.router,
    static.router,
    tasks.router,
    upload.router,
)
