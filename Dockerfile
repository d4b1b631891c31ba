# One image: a replica (the default), or the orchestrator (see the service `lab` in docker-compose.yml).
# The orchestrator needs Compose, and `ps` to end what it started; an init comes from Compose's `init: true`.
ARG BASE_IMAGE=node:24-bookworm-slim
ARG COMPOSE_IMAGE=docker/compose-bin:v2.32.4

FROM ${COMPOSE_IMAGE} AS compose

FROM ${BASE_IMAGE} AS build
LABEL org.splitbrain.image=true
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY node node
COPY chaos chaos
RUN node_modules/.bin/tsc -p tsconfig.build.json && npm prune --omit=dev --no-audit --no-fund

FROM ${BASE_IMAGE}
LABEL org.splitbrain.image=true
RUN command -v ps >/dev/null \
 || { apt-get update && apt-get install -y --no-install-recommends procps && rm -rf /var/lib/apt/lists/*; }
COPY --from=compose /docker-compose /usr/local/bin/docker-compose
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY node/proto node/proto
COPY chaos/cli/splitbrain.mjs chaos/cli/in-container.mjs chaos/cli/
COPY chaos/reporters/html/assets chaos/reporters/html/assets
COPY chaos/bench/reports/assets chaos/bench/reports/assets
COPY experiments experiments
RUN mkdir -p /data results && chown 1000:1000 /data results
USER 1000:1000
VOLUME /data
EXPOSE 7100 7200 7300 7400
# The shell's own sockets: a probe that started Node each time would cost more than the replica.
HEALTHCHECK --interval=2s --timeout=3s --retries=30 CMD ["bash", "-c", \
  "exec 3<>/dev/tcp/127.0.0.1/7400 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
CMD ["node", "dist/node/main.js"]
