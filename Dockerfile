# Two stages: the wheel is built with the tools of the test lock, the image carries only what runs.
FROM python:3.11.14-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# Or requirements-otel.txt, of a site that has its commands traced.
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-otel.txt requirements-test.txt ./
RUN python -m venv /opt/xmh \
 && /opt/xmh/bin/pip install --require-hashes --only-binary :all: -r "$REQUIREMENTS" \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements-test.txt
COPY . .
# The backend comes from the lock; nothing is fetched beside it.
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/xmh/bin/pip install --no-deps --no-index /wheels/*.whl

RUN /opt/xmh/bin/python -m compileall -q -j 0 /opt/xmh/lib >/dev/null || true

FROM python:3.11.14-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /var/lib/xmh --create-home xmh
COPY --from=build /opt/xmh /opt/xmh
ENV PATH=/opt/xmh/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XMH_HOME=/var/lib/xmh
USER 10001
WORKDIR /var/lib/xmh
VOLUME /var/lib/xmh
STOPSIGNAL SIGTERM
ENTRYPOINT ["xmh"]
CMD ["worker", "--health-port", "8081"]
