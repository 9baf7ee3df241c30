// SPDX-License-Identifier: Apache-2.0
/**
 * Styles and islands of the web catalog, into `packages/registry/assets/` under names with a hash of their content:
 * what the registry serves for ever. An island is one file each, without others to load.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { rolldown } from "rolldown";

const registry = join(import.meta.dirname, "..", "packages", "registry");
const source = join(registry, "src", "catalog");
const target = join(registry, "assets");
/** `theme` has to run before the page is painted, so it is no module. */
const ISLANDS = { theme: "iife", site: "es", search: "es", "my-model": "es", passkey: "es" } as const;

const contents = new Map<string, string>([
  ["site.css", await bundleStyles()],
  ["mark.svg", await readFile(join(source, "islands", "mark.svg"), "utf8")],
]);
for (const [name, format] of Object.entries(ISLANDS)) {
  contents.set(`${name}.js`, await bundleIsland(name, format));
}
const manifest: Record<string, string> = {};
await mkdir(target, { recursive: true });
for (const [name, content] of contents) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const file = `${name.slice(0, -extname(name).length)}.${hash}${extname(name)}`;
  manifest[name] = file;
  await writeFile(join(target, file), content);
}
await writeFile(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
const wanted = new Set(["manifest.json", ...Object.values(manifest)]);
for (const file of await readdir(target)) {
  if (!wanted.has(file)) await rm(join(target, file));
}

async function bundleStyles(): Promise<string> {
  const directory = join(source, "styles");
  const files = (await readdir(directory)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), "utf8")));
  // Ours, and plain: no string in them holds what these take away.
  return texts
    .join("\n")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/\s*([{};])\s*/g, "$1")
    .replace(/;}/g, "}")
    .trim();
}

async function bundleIsland(name: string, format: "iife" | "es"): Promise<string> {
  const bundle = await rolldown({
    input: join(source, "islands", `${name}.ts`),
    platform: "browser",
    tsconfig: join(source, "islands", "tsconfig.json"),
  });
  const { output } = await bundle.generate({ format, minify: true, codeSplitting: false });
  await bundle.close();
  return output[0].code;
}
