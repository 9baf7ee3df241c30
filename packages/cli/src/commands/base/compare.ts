// SPDX-License-Identifier: Apache-2.0
import { compareBases, readBase } from "@lora/client/base-source";
import { formatFingerprint } from "@lora/client/fingerprint";
import { Args } from "@oclif/core";
import { LoraCommand, registryFlag } from "../../lora-command.ts";

const source = (which: string) =>
  Args.string({
    description: `${which}: a file, a directory, a URL, a name or a fingerprint`,
    required: true,
  });

export default class BaseCompare extends LoraCommand {
  static override summary = "Say whether two bases are one that was saved in two precisions.";
  static override description =
    "A base whose norms were rounded, as Gemma's are when it is saved as fp16, has another fingerprint. This compares the " +
    "norms number by number. The operator of a registry can declare such bases the same on that evidence.";
  static override examples = ["<%= config.bin %> base compare gemma-2-2b.gguf ./gemma-2-2b-fp16"];
  static override args = { first: source("one base"), second: source("the other") };
  static override flags = { ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(BaseCompare);
    const deps = this.baseSourceDeps(flags);
    const [first, second] = [await readBase(args.first, deps), await readBase(args.second, deps)];
    const comparison = await compareBases(first, second, deps);
    const { verdict, reason, values, differing, largestDifference } = comparison;
    const [x, y] = [first.record.fingerprint, second.record.fingerprint];
    const said = { equal: "one base", rounded: "one base, saved in two precisions", different: "different" };
    this.log(`${formatFingerprint(x)}… and ${formatFingerprint(y)}… are ${said[verdict]}: ${reason}`);
    if (values > 0 && differing > 0)
      this.log(`${differing} of ${values} numbers differ, by ${largestDifference.toPrecision(2)} at most`);
    return { first: x, second: y, ...comparison };
  }
}
