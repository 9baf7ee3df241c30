// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { exportLlamaServer, exportVllm } from "@lora/client/export";
import { readRunnableStack } from "@lora/client/install";
import { Errors, Flags } from "@oclif/core";
import { LoraCommand, projectFlag } from "../lora-command.ts";

export default class Export extends LoraCommand {
  static override summary = "Print what another runtime takes to run this very stack.";
  static override examples = [
    {
      description: "Start llama-server by hand",
      command: "llama-server $(<%= config.bin %> export --format llama-server)",
    },
    {
      description: "A directory for vLLM, which takes one adapter in PEFT's form",
      command: "<%= config.bin %> export --format vllm -o stack",
    },
    "<%= config.bin %> export --format json",
  ];
  static override flags = {
    format: Flags.option({
      description:
        "llama-server: its arguments; vllm: a directory and its arguments; json: model, adapters and scales",
      options: ["llama-server", "vllm", "json"] as const,
      default: "json" as const,
    })(),
    output: Flags.string({ char: "o", description: "the directory to write, for vllm", helpValue: "DIR" }),
    ...projectFlag,
  };

  async run() {
    const { flags } = await this.parse(Export);
    const { project, model, adapters } = await readRunnableStack(flags.dir, this.directories());
    if (flags.format === "llama-server") {
      const args = exportLlamaServer(model.path, adapters);
      this.log(args.map(quoteForShell).join(" "));
      return { args };
    }
    if (flags.format === "vllm") {
      if (flags.output === undefined) throw new Errors.CLIError("name the directory to write with -o DIR");
      const baseName = project.lockfile?.base.name ?? model.name;
      const { directory } = await this.openStore();
      const exported = await exportVllm(resolve(flags.output), {
        storeDirectory: directory,
        model,
        baseName,
        adapters,
      });
      this.log(exported.args.map(quoteForShell).join(" "));
      return exported;
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
