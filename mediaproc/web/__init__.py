"""The page and the HTTP API: a face over the acts and views that the commands use; it has no act of its own.

What is where:

- `app.py` makes the application (start here); `site.py` is what handlers need of the site
- before any handler: `guard.py` (which requests are let in), `rate.py` (how many a caller may make), `body_limits.py`
  (how much of each is read), `security_headers.py` (of every answer), `request_log.py` (the line of log for each),
  `compression.py` (of text)
- who asks: `auth.py` (and what a handler requires), `tenant_bounds.py` (what it sees when it is bound to a tenant),
  `cookies.py` (a browser's login)
- what is answered: `problems.py` (errors), `problem_answers.py` (as a document or a page), `methods.py` (those that an
  address takes), `answers.py` (objects as JSON, and their schema), `cursor.py` (where a page ends), `entity_tag.py`
  (which state of a task is meant), `idempotency.py` (the same POST again)
- what both kinds of routers do: `task_list.py` (a page of tasks), `task_acts.py`, `completion.py` (with a file that was
  made elsewhere), `downloads.py` (bytes of the store), `sharing.py` (a link for an uploader)
- uploads: `tus.py` (the protocol), `upload_body.py` (the bytes of a request, piece by piece), `form_upload.py` (those
  in a form), `upload_state.py` (what became of one)
- of the pages alone: `task_act_form.py` (the act that a form asks for), `task_stages.py` (how far an attempt came)
- what a page's handler answers: `page.py`; what a page is made of: `rendering.py` (templates/, filled in for a
  language, a theme and the reader's rights), `navigation.py` (who is led to which screen), `static_files.py`
  (what browsers load)
- words: `texts.py` (messages/, what the pages say in each language), `wording.py` (numbers, times and sizes in them),
  `preferences.py` (which language and theme a browser wants)
- what changes while somebody looks: `live/`
- what machines ask: `health.py`
- the routers: `api/` of `/api/v1`, `pages/` for people
"""
