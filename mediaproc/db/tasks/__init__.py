"""The statements of the task table's protocol: claim, renew, settle, release, compensate, and what people ask for."""
