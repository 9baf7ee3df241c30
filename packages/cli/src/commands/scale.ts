// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { MAX_SCALE } from "@lora/client/manifest";
import { type PackageName, parsePackageName, quote } from "@lora/client/names";
import { Errors } from "@oclif/core";
import { InstallCommand } from "../install-command.ts";
import { projectFlag, registryFlag } from "../lora-command.ts";

export default class Scale extends InstallCommand {
  static override summary = "Set how strongly abilities are applied in this project.";
  static override description =
    "1 is what the ability was trained for, 0 takes its effect away, 0.5 halves it.";
  static override examples = [
    "<%= config.bin %> scale @demo/upper=0.5",
    "<%= config.bin %> scale @demo/upper=0.5 @demo/shout=2",
  ];
  static override strict = false;
  static override usage = "scale NAME=NUMBER… [flags]";
  static override flags = { ...projectFlag, ...registryFlag };

  async run() {
    const { argv, flags } = await this.parse(Scale);
    if (argv.length === 0)
      throw new Errors.CLIError("name at least one ability and its scale: @demo/upper=0.5");
    const scales = new Map((argv as string[]).map(parseScale));
    // A scale changes no version: what is cached is enough to answer.
    return this.install({ directory: flags.dir, scales }, { ...flags, "prefer-offline": true });
  }
}

function parseScale(text: string): [PackageName, number] {
  const equals = text.indexOf("=");
  const number = text.slice(equals + 1).trim();
  const scale = Number(number);
  if (equals < 0 || number === "" || !(Math.abs(scale) <= MAX_SCALE)) {
    throw new LoraError("USAGE", `${quote(text)} is not a name and a scale`, {
      hint: `write @scope/name=NUMBER, with a number from -${MAX_SCALE} to ${MAX_SCALE}`,
    });
  }
  return [parsePackageName(text.slice(0, equals)), scale];
}
