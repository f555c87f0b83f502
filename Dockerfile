# mediaproc with ffmpeg and the sandbox for it, run by a user without rights.
FROM python:3.13-slim-trixie AS build
WORKDIR /source
COPY pyproject.toml requirements.lock README.md ./
COPY mediaproc mediaproc
COPY migrations migrations
# The versions that the lock names, of what the product needs; its development tools stay out.
RUN grep -oE '^[A-Za-z0-9._-]+==[^ ;\\]+' requirements.lock > /tmp/constraints.txt \
    && python -m venv /opt/mediaproc \
    && /opt/mediaproc/bin/pip install --no-cache-dir --constraint /tmp/constraints.txt ".[metrics,web]"

FROM python:3.13-slim-trixie
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ffmpeg bubblewrap util-linux \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/mediaproc --uid 10001 mediaproc \
    && install -d -o mediaproc -g mediaproc /scratch
COPY --from=build /opt/mediaproc /opt/mediaproc
ENV PATH=/opt/mediaproc/bin:$PATH \
    MEDIAPROC_HOME=/var/lib/mediaproc \
    PYTHONUNBUFFERED=1
USER mediaproc
WORKDIR /var/lib/mediaproc
VOLUME /scratch
ENTRYPOINT ["mediaproc"]
CMD ["executor"]
