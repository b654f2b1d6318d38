# pgadvisor with its own server: docker build -t pgadvisor . && docker run --rm -v "$PWD:/work" pgadvisor advise app.log --snapshot prod
# The image needs no network when it runs, unless a URL is given to it.
FROM python:3.12-slim AS built
WORKDIR /source
COPY requirements/image.txt requirements/
RUN python -m venv /opt/pgadvisor \
 && /opt/pgadvisor/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/image.txt
COPY . .
RUN python -m venv /build && /build/bin/python -m pip install --no-cache-dir hatchling \
 && /build/bin/python -m hatchling build -t wheel -d /wheels \
 && /opt/pgadvisor/bin/python -m pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.12-slim
COPY --from=built /opt/pgadvisor /opt/pgadvisor
RUN useradd --create-home --uid 10001 advisor
USER advisor
ENV PATH=/opt/pgadvisor/bin:$PATH LANG=C.UTF-8
WORKDIR /work
ENTRYPOINT ["advisor"]
CMD ["--help"]
