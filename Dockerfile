# syntax=docker/dockerfile:1
# SPDX-License-Identifier: Apache-2.0
# The registry alone: its bundle and the three packages that cannot be in one. See docs/operating.md, "Containers".

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/client/package.json packages/client/
COPY packages/cli/package.json packages/cli/
COPY packages/registry/package.json packages/registry/
RUN npx -y pnpm@12.21.0 install --frozen-lockfile --filter lora-workspace --filter "@lora/registry..."
COPY tsconfig.base.json ./
COPY migrations migrations
COPY scripts scripts
COPY packages/client packages/client
COPY packages/registry packages/registry
RUN node_modules/.bin/tsc -b packages/registry \
 && node scripts/build-registry.ts \
 && node scripts/build-catalog.ts \
 && node scripts/build-database.ts \
 && node scripts/assemble-registry.ts /out

FROM node:24-bookworm-slim
COPY --from=build /out /app
RUN mkdir /data && chown node:node /data
USER node
WORKDIR /data
VOLUME /data
EXPOSE 8719
ENV NODE_ENV=production
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8719/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/lora-registry.js"]
CMD ["serve", "--host", "0.0.0.0", "--data", "/data"]
