// SPDX-License-Identifier: Apache-2.0
/** `pnpm catalog`: a registry with a believable catalog in it, for looking around. Nothing of it is kept. */
import { openSampleRegistry } from "../packages/registry/dist/test/sample-catalog/index.js";

const port = Number(process.env.PORT ?? 8720);
const origin = `http://127.0.0.1:${port}`;
const registry = await openSampleRegistry({ port, origin });
console.log(`The catalog is at ${registry.url} (Ctrl-C ends it)`);
const stop = Promise.withResolvers<void>();
process.once("SIGINT", () => stop.resolve());
process.once("SIGTERM", () => stop.resolve());
await stop.promise;
await registry.close();
