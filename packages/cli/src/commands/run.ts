// SPDX-License-Identifier: Apache-2.0
import { text } from "node:stream/consumers";
import { LoraError } from "@lora/client/errors";
import { readRunnableStack } from "@lora/client/install";
import { parsePackageName } from "@lora/client/names";
import { findRuntime } from "@lora/client/runtime";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, projectFlag } from "../lora-command.ts";
import { printableChunk } from "../output/printable.ts";

const DEFAULT_MAX_TOKENS = 128;

export default class Run extends LoraCommand {
  static override summary = "Ask the project's model once, with its abilities.";
  static override description =
    "The text goes to stdout as it is generated. The prompt is given to the model as it is.";
  static override examples = [
    "<%= config.bin %> run 'Write a haiku about rain'",
    {
      description: "What the base model says without any ability",
      command: "<%= config.bin %> run --base 'Write a haiku about rain'",
    },
    { description: "A prompt from a file", command: "<%= config.bin %> run - < prompt.txt" },
  ];
  static override args = {
    prompt: Args.string({ description: "the prompt, or - to read it from standard input", required: true }),
  };
  static override flags = {
    "max-tokens": Flags.integer({
      description: "stop after so many tokens",
      default: DEFAULT_MAX_TOKENS,
      min: 1,
    }),
    temperature: Flags.string({
      description: "0 always takes the likeliest token",
      default: "0",
      helpValue: "NUMBER",
    }),
    stop: Flags.string({
      description: "stop before this text; may be given several times",
      multiple: true,
      multipleNonGreedy: true,
    }),
    base: Flags.boolean({ description: "without abilities", exclusive: ["without"] }),
    without: Flags.string({
      description: "without this ability; may be given several times",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "NAME",
    }),
    ...projectFlag,
  };

  async run() {
    const { args, flags } = await this.parse(Run);
    const temperature = /^\d+(?:\.\d+)?$/.test(flags.temperature) ? Number(flags.temperature) : Number.NaN;
    if (!(temperature <= 10))
      throw new LoraError("USAGE", `--temperature ${flags.temperature} is not a number from 0 to 10`);
    const prompt = args.prompt === "-" ? await text(process.stdin) : args.prompt;
    if (prompt === "") throw new LoraError("USAGE", "the prompt is empty");
    if (flags.stop?.includes("")) throw new LoraError("USAGE", "--stop needs a text to stop at");
    const { project, model, adapters } = await readRunnableStack(flags.dir, this.directories());
    const without = (flags.without ?? []).map(parsePackageName);
    for (const name of without) {
      if (!adapters.some((adapter) => adapter.name === name)) {
        throw new LoraError("NOT_INSTALLED", `${name} is not in the project's stack`, {
          hint: "see what is: lora list",
        });
      }
    }
    const stack = adapters.filter(({ name }) => !flags.base && !without.includes(name));
    const { kind, args: extraArgs } = project.manifest.runtime ?? {};
    const runtime = await findRuntime({
      env: process.env,
      ...(kind === undefined ? {} : { preferred: kind }),
    });
    await using loaded = await runtime.load({
      modelPath: model.path,
      adapters: stack.map(({ name, path, scale }) => ({ name, path, scale })),
      ...(extraArgs === undefined ? {} : { extraArgs }),
    });
    const answer = await loaded.generate({
      prompt,
      maxTokens: flags["max-tokens"],
      temperature,
      stop: flags.stop ?? [],
      onText: (chunk) => {
        // A file gets the text as it is; a terminal nothing that could rewrite it.
        if (!this.jsonEnabled()) process.stdout.write(process.stdout.isTTY ? printableChunk(chunk) : chunk);
      },
    });
    if (!answer.text.endsWith("\n")) this.log();
    return {
      ...answer,
      runtime: { kind: runtime.kind, version: runtime.version },
      stack: stack.map(({ name, version, scale }) => ({ name, version, scale })),
    };
  }
}
