// SPDX-License-Identifier: Apache-2.0

import { exportLlamaServer } from "@lora/client/export";
import { readRunnableStack } from "@lora/client/install";
import { Flags } from "@oclif/core";
import { LoraCommand, projectFlag } from "../lora-command.ts";

export default class Export extends LoraCommand {
  static override summary = "Print what another runtime takes to run this very stack.";
  static override examples = [
    {
      description: "Start llama-server by hand",
      command: "llama-server $(<%= config.bin %> export --format llama-server)",
    },
    "<%= config.bin %> export --format json",
  ];
  static override flags = {
    format: Flags.option({
      description: "llama-server: its arguments; json: model, adapters and scales",
      options: ["llama-server", "json"] as const,
      default: "json" as const,
    })(),
    ...projectFlag,
  };

  async run() {
    const { flags } = await this.parse(Export);
    const { model, adapters } = await readRunnableStack(flags.dir, this.directories());
    if (flags.format === "llama-server") {
      const args = exportLlamaServer(model.path, adapters);
      this.log(args.map(quoteForShell).join(" "));
      return { args };
    }
    const stack = {
      model: { path: model.path, fingerprint: model.fingerprint },
      adapters: adapters.map(({ name, version, path, sha256, scale, rank }) => ({
        name,
        version,
        path,
        sha256,
        scale,
        rank,
      })),
    };
    this.log(JSON.stringify(stack, null, 2));
    return stack;
  }
}

function quoteForShell(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
