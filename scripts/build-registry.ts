// SPDX-License-Identifier: Apache-2.0
/**
 * Bundles `lora-registry`, so that its start reads forty files and not a thousand; see
 * docs/decisions/2026-11-23-registry-bundle.md.
 *
 *     packages/registry/bundle/main.js       what bin/lora-registry.js loads
 *     packages/registry/bundle/NAME-HASH.js  what is loaded when it is needed
 *     packages/registry/bundle/LICENSES.txt  the licenses of everybody whose code is in it
 */
import { statSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { bundledLicenses } from "./bundled-licenses.ts";

const root = join(import.meta.dirname, "..");
const registry = join(root, "packages", "registry");
const output = join(registry, "bundle");
/** They bring files that are no modules, and look for them beside themselves. */
export const EXTERNAL_PACKAGES = ["@electric-sql/pglite", "@resvg/resvg-wasm", "@fontsource/inter"];
/** A registry that runs while the bundle is made anew still loads its own. */
const OLD_FILES_KEPT_MS = 60 * 60 * 1000;

/** Also what the tests set up: they run what users run, of what was compiled last. */
export async function setup(): Promise<void> {
  const compiled = ["registry", "client"].map((name) => join(root, "packages", name, "dist", ".tsbuildinfo"));
  if (compiled.some((path) => modifiedMs(path) > modifiedMs(join(output, "main.js")))) await bundleRegistry();
}

async function bundleRegistry(): Promise<void> {
  const bundle = await rolldown({
    cwd: registry,
    platform: "node",
    input: { main: join(registry, "dist", "main.js") },
    external: (id) => EXTERNAL_PACKAGES.some((name) => id === name || id.startsWith(`${name}/`)),
    // jsonc-parser's "main" is a form that no bundler can follow.
    resolve: { mainFields: ["module", "main"] },
    onLog(level, log, report) {
      // A module that one command needs late and another at once: both is meant.
      if (log.code !== "INEFFECTIVE_DYNAMIC_IMPORT") report(level, log);
    },
  });
  const { output: files } = await bundle.generate({
    format: "es",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    // Without comments there is less to read; lines and names stay, for the trace of a bug.
    minify: { compress: true, mangle: false, codegen: false },
  });
  await bundle.close();
  const chunks = files.filter((file) => file.type === "chunk");
  await mkdir(output, { recursive: true });
  for (const { fileName, code, isEntry } of chunks) if (!isEntry) await write(fileName, code);
  const licenses = bundledLicenses(
    root,
    chunks.flatMap(({ moduleIds }) => moduleIds),
  );
  await write("LICENSES.txt", licenses);
  // Last, since it names the others.
  for (const { fileName, code, isEntry } of chunks) if (isEntry) await write(fileName, code);
  await removeOld(new Set(["LICENSES.txt", ...chunks.map(({ fileName }) => fileName)]));
}

async function write(name: string, content: string): Promise<void> {
  const unfinished = join(output, `${name}.${process.pid}`);
  await writeFile(unfinished, content);
  await rename(unfinished, join(output, name));
}

async function removeOld(written: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(output)) {
    const path = join(output, name);
    if (written.has(name) || Date.now() - (await stat(path)).mtimeMs < OLD_FILES_KEPT_MS) continue;
    await rm(path, { force: true });
  }
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (import.meta.main) await setup();
