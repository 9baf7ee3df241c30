// SPDX-License-Identifier: Apache-2.0
/**
 * `assemble-registry.ts DIRECTORY`: what `lora-registry` runs from, and nothing else, of what was built before:
 *
 *     bin/ bundle/ assets/ migrations/ package.json dist/prepared-database/
 *     node_modules/   the packages that are not in the bundle
 */
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { EXTERNAL_PACKAGES } from "./build-registry.ts";

const root = join(import.meta.dirname, "..");
const registry = join(root, "packages", "registry");
/** What nobody reads at run time. */
const SUPERFLUOUS = /\.(?:map|d\.[cm]?ts|woff2|css|scss)$/;

const [target] = process.argv.slice(2);
if (target === undefined) {
  console.error("usage: node scripts/assemble-registry.ts DIRECTORY");
  process.exit(64);
}
await mkdir(target, { recursive: true });
if ((await readdir(target)).length > 0) {
  console.error(`${target} is not empty`);
  process.exit(73);
}
for (const part of ["bin", "bundle", "assets", "package.json", "dist/prepared-database"]) {
  await cp(join(registry, part), join(target, part), { recursive: true });
}
await cp(join(root, "migrations"), join(target, "migrations"), { recursive: true });
for (const name of EXTERNAL_PACKAGES) {
  const to = join(target, "node_modules", name);
  await cp(join(registry, "node_modules", name), to, {
    recursive: true,
    dereference: true,
    filter: (path) => !SUPERFLUOUS.test(path),
  });
  // Of a package manager that links a package's own dependencies below it; these have none.
  await rm(join(to, "node_modules"), { recursive: true, force: true });
}
