// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { verifyStore } from "@lora/client/store-maintenance";
import { Flags } from "@oclif/core";
import { LoraCommand } from "../../lora-command.ts";
import { openProgressLine } from "../../output/progress-line.ts";
import { count } from "../../output/units.ts";

export default class CacheVerify extends LoraCommand {
  static override summary = "Hash every file in the local store again.";
  static override examples = ["<%= config.bin %> cache verify", "<%= config.bin %> cache verify --repair"];
  static override flags = {
    repair: Flags.boolean({
      description: "take damaged files out, so that the next install fetches them again",
    }),
  };

  async run() {
    const { flags } = await this.parse(CacheVerify);
    const progress = openProgressLine();
    const onBlob = (done: number, total: number) => progress.say(`verifying ${done} of ${total}`);
    const result = await verifyStore(await this.openStore(), { repair: flags.repair, onBlob }).finally(() =>
      progress.end(),
    );
    const { checked, corrupt } = result;
    if (corrupt.length > 0 && !flags.repair) {
      throw new LoraError(
        "STORE_CORRUPT",
        `${count(corrupt.length, "file")} of ${checked} in the store ${corrupt.length === 1 ? "is" : "are"} damaged`,
        {
          hint: "take them out: lora cache verify --repair",
          details: { ...result },
        },
      );
    }
    this.log(
      `${count(checked, "file")} verified${corrupt.length > 0 ? `, ${corrupt.length} damaged and taken out` : ""}`,
    );
    return result;
  }
}
