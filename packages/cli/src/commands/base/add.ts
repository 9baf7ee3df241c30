// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";

export default class BaseAdd extends LoraCommand {
  static override summary = "Tell the registry of a base, so that others can name it.";
  static override description =
    "Sends the base's fingerprint, the shapes of its tensors and its norms, never its other weights. A GGUF file of any " +
    "quantization, the directory as the hub has it, and a URL of either form give the same fingerprint. Of a URL only the " +
    "front is read, by ranges. A base that is known already gets the names added.";
  static override examples = [
    "<%= config.bin %> base add llama-3.1-8b.q4_k_m.gguf --name meta-llama/Llama-3.1-8B-Instruct",
    "<%= config.bin %> base add ./Llama-3.1-8B-Instruct",
    "<%= config.bin %> base add https://models.example.org/llama-3.1-8b.gguf",
  ];
  static override args = {
    base: Args.string({ description: "a GGUF file, a directory or a URL", required: true }),
  };
  static override flags = {
    name: Flags.string({
      description: "what people call it; may be given several times",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "NAME",
    }),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(BaseAdd);
    const { readBase, registerBase } = await import("@lora/client/base-source");
    const registry = await this.openRegistry(flags.registry);
    const base = await readBase(args.base, this.baseSourceDeps(flags));
    const { fingerprint } = base.record;
    const known = await registry.base(fingerprint);
    const { names } = await registerBase(registry, base, flags.name);
    this.log(fingerprint);
    const verb = known === undefined ? "Told" : "Known before; told";
    this.log(`${verb} ${registry.url} of ${names.join(", ")}`);
    for (const warning of base.warnings) this.warn(warning);
    return {
      fingerprint,
      names,
      isNew: known === undefined,
      registry: registry.url,
      warnings: base.warnings,
    };
  }
}
