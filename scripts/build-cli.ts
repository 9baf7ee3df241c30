// SPDX-License-Identifier: Apache-2.0
/** What `lora` is started from: the bundle, and oclif.manifest.json, from which it knows its commands without loading them. */
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { bundleCli } from "./bundle-cli.ts";

const root = join(import.meta.dirname, "..", "packages", "cli");
// oclif belongs to the command line's package alone.
const { Plugin } = createRequire(join(root, "package.json"))("@oclif/core") as {
  Plugin: new (options: object) => { load(): Promise<void>; manifest: unknown };
};

await bundleCli();
const plugin = new Plugin({ root, type: "core", ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
await writeFile(join(root, "oclif.manifest.json"), `${JSON.stringify(plugin.manifest, null, 2)}\n`);
