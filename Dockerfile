# One image: a replica (the default), or the orchestrator (see the service `lab` in docker-compose.yml).
# The base needs Node 24, tini is not needed (Compose's `init: true`), and `ps` for the orchestrator's own commands.
ARG BASE_IMAGE=node:24-bookworm-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY node node
COPY chaos chaos
RUN node_modules/.bin/tsc -p tsconfig.build.json && npm prune --omit=dev --no-audit --no-fund

FROM ${BASE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY node/proto node/proto
COPY chaos/cli/splitbrain.mjs chaos/cli/splitbrain.mjs
COPY chaos/reporters/html/assets chaos/reporters/html/assets
COPY experiments experiments
RUN mkdir -p /data results && chown 1000:1000 /data results
USER 1000:1000
VOLUME /data
EXPOSE 7100 7200 7300 7400
CMD ["node", "dist/node/main.js"]
