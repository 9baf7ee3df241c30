// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { exportLlamaServer } from "@lora/client/export";
import { type RunnableStack, readRunnableStack } from "@lora/client/install";
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
        "llama-server: its arguments; vllm: a directory and its arguments; ollama: a directory with a merged model; " +
        "json: model, adapters and scales",
      options: ["llama-server", "vllm", "ollama", "json"] as const,
      default: "json" as const,
    })(),
    output: Flags.string({
      char: "o",
      description: "the directory to write, for vllm and ollama",
      helpValue: "DIR",
    }),
    ...projectFlag,
  };

  async run() {
    const { flags } = await this.parse(Export);
    const stack = await readRunnableStack(flags.dir, this.directories());
    switch (flags.format) {
      case "llama-server":
        return this.printArguments({ args: exportLlamaServer(stack.model.path, stack.adapters) });
      case "vllm":
        return this.printArguments(await this.exportVllm(stack, outputOf(flags)));
      case "ollama":
        return this.exportOllama(stack, outputOf(flags));
      case "json":
        return this.printJson(stack);
    }
  }

  private printArguments<Exported extends { args: string[] }>(exported: Exported): Exported {
    this.log(exported.args.map(quoteForShell).join(" "));
    return exported;
  }

  private async exportVllm({ project, model, adapters }: RunnableStack, output: string) {
    const { exportVllm } = await import("@lora/client/export");
    const { directory } = await this.openStore();
    const baseName = project.lockfile?.base.name ?? model.name;
    return exportVllm(output, { storeDirectory: directory, model, baseName, adapters });
  }

  private async exportOllama({ model, adapters }: RunnableStack, directory: string) {
    const { exportOllama } = await import("@lora/client/merge");
    const exported = await exportOllama({ directory, modelPath: model.path, adapters, env: process.env });
    this.log(`ollama create NAME -f ${quoteForShell(exported.modelfilePath)}`);
    return exported;
  }

  private printJson({ model, adapters }: RunnableStack) {
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

function outputOf({ output }: { output?: string | undefined }): string {
  if (output === undefined) throw new Errors.CLIError("name the directory to write with -o DIR");
  return resolve(output);
}

function quoteForShell(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
