// SPDX-License-Identifier: Apache-2.0
/** Writes oclif.manifest.json, from which `lora` knows its commands without loading them. */
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "packages", "cli");
// oclif belongs to the command line's package alone.
const { Plugin } = createRequire(join(root, "package.json"))("@oclif/core") as typeof import("@oclif/core");

const plugin = new Plugin({ root, type: "core", ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
await writeFile(join(root, "oclif.manifest.json"), `${JSON.stringify(plugin.manifest, null, 2)}\n`);
