// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { findOutdated } from "@lora/client/install";
import { parsePackageName } from "@lora/client/names";
import { pathsTo, readProject } from "@lora/client/project";
import { Args } from "@oclif/core";
import { LoraCommand, projectFlag, registryFlag } from "../lora-command.ts";

export default class Why extends LoraCommand {
  static override summary =
    "Show each path by which an ability came into the project, and what chose its version.";
  static override examples = ["<%= config.bin %> why @demo/upper"];
  static override args = { name: Args.string({ description: "the ability", required: true }) };
  static override flags = { ...projectFlag, ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(Why);
    const name = parsePackageName(args.name);
    const { lockfile } = await readProject(flags.dir);
    const locked = lockfile?.packages[name];
    if (lockfile === undefined || locked === undefined) {
      throw new LoraError("NOT_INSTALLED", `${name} is not installed in this project`, {
        hint: "see what is: lora list",
      });
    }
    const paths = pathsTo(lockfile, name);
    const override = lockfile.requested.overrides?.[name];
    this.log(`${name} ${locked.version}`);
    for (const path of paths)
      this.log(`  your project → ${path.map((step) => `${step.name} ${step.range}`).join(" → ")}`);
    const rule =
      override === undefined
        ? await this.explainChoice(name, flags)
        : `lora.json overrides its version with ${override}`;
    this.log(`\n${rule}`);
    return { name, version: locked.version, paths, rule };
  }

  /** The registry tells whether there is something newer; without it the lockfile is the whole answer. */
  private async explainChoice(
    name: string,
    flags: { dir: string; registry?: string | undefined },
  ): Promise<string> {
    try {
      const outdated = await findOutdated(
        await this.installDeps({ ...flags, "prefer-offline": true }),
        flags.dir,
      );
      const found = outdated.find((candidate) => candidate.name === name);
      if (found === undefined) return "It is the newest release.";
      if (found.wanted !== found.current)
        return `The lockfile keeps it; lora update would take ${found.wanted}.`;
      return `It is the newest version that fits; ${found.latest} does not, because ${found.heldBack}.`;
    } catch (error) {
      if (error instanceof LoraError) return "The lockfile has this version.";
      throw error;
    }
  }
}
