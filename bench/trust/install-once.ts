// SPDX-License-Identifier: Apache-2.0
/**
 * One cold install up to the store, as a process: `node bench/trust/install-once.ts checked|believed PROJECT HOME URL PEM`.
 * `believed` asks neither log nor receipts nor the scope's keys: it is given the key. Prints how long it computed: `{"cpuMs":812}`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fetchAll } from "../../packages/client/dist/install/fetch.js";
import { lockProject } from "../../packages/client/dist/install/lock.js";
import { readModel } from "../../packages/client/dist/install/model.js";
import { readProject } from "../../packages/client/dist/project/index.js";
import { createRegistryClient } from "../../packages/client/dist/registry-client/index.js";
import { openStore } from "../../packages/client/dist/store/index.js";
import { openReleaseTrust, type ReleaseTrust } from "../../packages/client/dist/trust/release-trust.js";

const [mode, directory, home, url, pemPath] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const directories = { config: home, data: home, cache: join(home, "cache") };
const registry = createRegistryClient({ url });
const deps = {
  store: openStore(join(home, "store")),
  directories,
  downloads: 16,
  registryFor: async () => registry,
  env: process.env,
};
const pem = readFileSync(pemPath, "utf8");
const believing: ReleaseTrust = {
  checkIndex: async () => undefined,
  checkRelease: async (_name, { logIndex = 0 }) => ({ logIndex, receipt: new Uint8Array(), pem }),
  settle: async () => [],
};
const trust = mode === "checked" ? openReleaseTrust(deps, undefined) : believing;
const project = await readProject(directory);
const model = await readModel(project.modelPath, directories.cache);
const { lockfile, entries } = await lockProject(deps, project, model, { directory }, trust);
await fetchAll(deps, lockfile, model, entries, trust);
await trust.settle();
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ cpuMs: (user + system) / 1000 }));
