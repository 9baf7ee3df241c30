// SPDX-License-Identifier: Apache-2.0
import type { PackageName } from "@lora/client/names";
import { type LockedPackage, readProject } from "@lora/client/project";
import { Flags } from "@oclif/core";
import { LoraCommand, projectFlag } from "../lora-command.ts";
import { formatTable } from "../output/table.ts";
import { formatBytes } from "../output/units.ts";

export default class List extends LoraCommand {
  static override summary = "List the abilities of the project, as the tree of who depends on whom.";
  static override examples = ["<%= config.bin %> list", "<%= config.bin %> list --json"];
  static override hiddenAliases = ["ls"];
  static override flags = {
    depth: Flags.integer({ description: "how deep to show dependencies; 0 shows the project's own", min: 0 }),
    ...projectFlag,
  };

  async run() {
    const { flags } = await this.parse(List);
    const { lockfile, manifest, directory } = await readProject(flags.dir);
    const packages = lockfile?.packages ?? ({} as Record<PackageName, LockedPackage>);
    const scales = new Map(lockfile?.stack.map(({ name, scale }) => [name, scale]));
    const rows: string[][] = [];
    const seen = new Set<PackageName>();
    const visit = (name: PackageName, depth: number, range: string) => {
      const indent = "  ".repeat(depth);
      const locked = packages[name];
      if (locked === undefined) {
        rows.push([`${indent}${name}`, range, "not installed: run lora install"]);
        return;
      }
      const repeated = seen.has(name);
      seen.add(name);
      const what =
        locked.adapter === undefined
          ? ["bundle"]
          : [
              `rank ${locked.adapter.rank}`,
              `scale ${scales.get(name)}`,
              formatBytes(locked.adapter.sizeBytes),
            ];
      rows.push([`${indent}${name}`, locked.version, ...(repeated ? ["(see above)"] : what)]);
      if (repeated || depth >= (flags.depth ?? Number.POSITIVE_INFINITY)) return;
      for (const [dependency, asked] of Object.entries(locked.dependencies))
        visit(dependency as PackageName, depth + 1, asked);
    };
    const wanted = { ...manifest.optionalDependencies, ...manifest.dependencies };
    for (const [name, { range }] of Object.entries(wanted).sort()) visit(name as PackageName, 0, range);
    this.log(rows.length === 0 ? "No abilities yet. Add one: lora install @scope/name" : formatTable(rows));
    return { directory, model: manifest.model, base: lockfile?.base, packages, stack: lockfile?.stack ?? [] };
  }
}
