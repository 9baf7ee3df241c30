// SPDX-License-Identifier: Apache-2.0
import { stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { LoraError } from "@lora/client/errors";
import { formatFingerprint } from "@lora/client/fingerprint";
import { readModel } from "@lora/client/install";
import { writeFileDurably } from "@lora/client/store";
import { Flags } from "@oclif/core";
import { LoraCommand } from "../lora-command.ts";

export default class Init extends LoraCommand {
  static override summary = "Make a directory a project: a model, and the abilities installed onto it.";
  static override examples = [
    {
      description: "A project on a model that lies beside it",
      command: "<%= config.bin %> init --model models/llama-3.1-8b.q4_k_m.gguf",
    },
  ];
  static override flags = {
    model: Flags.string({ description: "the base model's GGUF file", required: true, helpValue: "FILE" }),
    dir: Flags.string({ description: "where to write lora.json", default: ".", helpValue: "DIR" }),
  };

  async run() {
    const { flags } = await this.parse(Init);
    const directory = resolve(flags.dir);
    const manifestPath = join(directory, "lora.json");
    if ((await stat(manifestPath).catch(() => undefined)) !== undefined) {
      throw new LoraError("PROJECT_EXISTS", `${manifestPath} exists already`, {
        hint: 'change its "model", then run lora install',
      });
    }
    const model = await readModel(resolve(flags.model), this.directories().cache);
    const written = modelReference(directory, model.path);
    await writeFileDurably(
      manifestPath,
      `${JSON.stringify({ model: written, dependencies: {} }, null, 2)}\n`,
    );
    this.log(`Created ${manifestPath}`);
    this.log(`Model: ${model.name} (${model.record.architecture}, ${formatFingerprint(model.fingerprint)}…)`);
    this.log("Next: lora install @scope/name");
    return { manifest: manifestPath, model: written, fingerprint: model.fingerprint, name: model.name };
  }
}

/** Relative where the model lies in the project, so that the project can move; with forward slashes on every system. */
function modelReference(directory: string, modelPath: string): string {
  const path = relative(directory, modelPath);
  return path.startsWith("..") || isAbsolute(path) ? modelPath : path.split(sep).join("/");
}
