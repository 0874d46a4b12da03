FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json ./
COPY src ./src
COPY views ./views
COPY public ./public
# `prepare` builds: TypeScript to dist/, styles, scripts, icons and the map to public/build/.
RUN npm ci && npm prune --omit=dev

FROM node:24-slim
ENV HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/public ./public
COPY package.json LICENSE ./
COPY views ./views
COPY migrations ./migrations
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "dist/site/health/check.js"]
CMD ["node", "--max-semi-space-size=64", "dist/server.js"]
