// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** What the licenses of bundled packages ask for: the text of each, by name and version. @param ids paths of modules */
export function bundledLicenses(root: string, ids: readonly string[]): string {
  const packages = new Map<string, string>();
  for (const id of ids) {
    const directory = packageOf(root, id);
    if (directory === undefined || !directory.includes("node_modules")) continue;
    const { name, version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    const file = readdirSync(directory).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file === undefined ? `License: ${license}` : readFileSync(join(directory, file), "utf8");
    packages.set(`${name} ${version}`, text.trim());
  }
  const entries = [...packages].sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, text]) => `${name}\n\n${text}\n`).join(`\n${"-".repeat(80)}\n\n`);
}

function packageOf(root: string, id: string): string | undefined {
  for (let at = dirname(id); !relative(root, at).startsWith("..") && at !== root; at = dirname(at)) {
    const path = join(at, "package.json");
    // Some packages have package.json files without a name inside, which only say how to read the modules.
    if (existsSync(path) && JSON.parse(readFileSync(path, "utf8")).name !== undefined) return at;
  }
  return undefined;
}
