# The brain in a small image: `docker build -t town-brain:local .`
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
# What is locked changes seldom: a layer of its own.
COPY requirements-uv.lock requirements.lock ./
RUN python -m venv /uv \
    && /uv/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r requirements-uv.lock \
    && python -m venv --without-pip /venv \
    && VIRTUAL_ENV=/venv /uv/bin/uv pip install --no-cache --compile-bytecode --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY town town
COPY ingest ingest
COPY rules rules
COPY alerts alerts
COPY dashboards dashboards
COPY console console
COPY simulators simulators
COPY brain brain
RUN VIRTUAL_ENV=/venv PATH="/venv/bin:$PATH" /uv/bin/uv pip install --no-cache --compile-bytecode --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="town brain" org.opencontainers.image.licenses="Apache-2.0"
# The folders that volumes are mounted on: a new volume takes the owner it finds.
RUN groupadd --gid 10001 town \
    && useradd --uid 10001 --gid town --no-create-home --shell /usr/sbin/nologin town \
    && install -d -o town -g town -m 750 /state /broker /credentials /boards /caddy \
    && rm -rf /usr/local/lib/python3*/site-packages/pip*
COPY --from=build /venv /venv
COPY towns /towns
ENV PATH="/venv/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TOWN_STATE=/state
USER 10001:10001
WORKDIR /
VOLUME ["/state"]
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["town"]
CMD ["--help"]
