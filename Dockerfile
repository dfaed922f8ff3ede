# The image of `classrooms serve`. See docs/operations.md; `make image` builds it.

FROM node:22-bookworm-slim AS pages
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend ./
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
COPY requirements/base.txt /src/requirements/base.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
       -r /src/requirements/base.txt

FROM debian:bookworm-slim AS native
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Makefile ./
COPY media/native media/native
RUN make --no-print-directory native

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/classrooms --create-home classrooms
COPY --from=packages /opt/venv /opt/venv
WORKDIR /opt/classrooms
COPY LICENSE NOTICE alembic.ini ./
COPY alembic alembic
COPY deploy deploy
COPY media media
COPY --from=native /src/media/native/build media/native/build
COPY signaling signaling
COPY app app
COPY --from=pages /src/frontend/dist frontend/dist
RUN printf '#!/bin/sh\ncd /opt/classrooms && exec /opt/venv/bin/python -m app "$@"\n' \
        > /usr/local/bin/classrooms \
    && chmod 755 /usr/local/bin/classrooms \
    && /opt/venv/bin/python -m compileall -q app media signaling

ENV CLASSROOMS_VAR_DIR=/var/lib/classrooms \
    CLASSROOMS_HTTP_HOST=all \
    CLASSROOMS_LOG_JSON=true \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER classrooms
VOLUME /var/lib/classrooms
EXPOSE 8000 7882/udp 7882/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["/opt/venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["classrooms"]
CMD ["serve"]
