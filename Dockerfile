# Talkboard. `docker compose up app` serves it; `docker compose up demo` shows it with a simulated Nextcloud.

FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /installer && python -m venv --without-pip /venv
COPY requirements-uv.txt ./
RUN /installer/bin/pip install --no-cache-dir --require-hashes -r requirements-uv.txt
COPY requirements.txt ./
# Compiled here, because the app's own user may not write there: without it every start takes seconds longer.
RUN /installer/bin/uv pip sync --no-cache --compile-bytecode --python /venv/bin/python --require-hashes requirements.txt
COPY . ./
RUN for language in de en; do \
      /venv/bin/pybabel -q compile -i "translations/$language/LC_MESSAGES/messages.po" \
        -o "translations/$language/LC_MESSAGES/messages.mo" || exit 1; \
    done \
    && chmod -R a+rX . && /venv/bin/python -m compileall -q . \
    && mkdir /demo && mv simulator run.py processes.py /demo/

FROM python:3.11-slim-bookworm AS app
RUN useradd --system --uid 10001 --user-group --no-create-home talkboard \
    && install -d -o talkboard -g talkboard -m 700 /app/var
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0
WORKDIR /app
USER 10001:10001
VOLUME /app/var
EXPOSE 8050
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-m", "scripts.healthy"]
# gunicorn itself is the first process: it gets the signal to stop, and lets running polls come to their end.
CMD ["gunicorn", "app:server"]

# Beside the app the simulated Nextcloud. Both listen on loopback only.
FROM app AS demo
ENV HOST=127.0.0.1
COPY --from=build /demo /app
CMD ["python", "run.py"]

# What is built when no target is named.
FROM app
