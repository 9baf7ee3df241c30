// SPDX-License-Identifier: Apache-2.0
import { readPinnedLogs, readPolicyFile, readTrustedKeys } from "@lora/client/trust";
import { LoraCommand } from "../../lora-command.ts";
import { formatTable } from "../../output/table.ts";

export default class TrustLs extends LoraCommand {
  static override summary = "List what this user believes: registries' logs by their keys, and scopes' keys.";
  static override examples = ["<%= config.bin %> trust ls"];

  async run() {
    await this.parse(TrustLs);
    const { config } = this.directories();
    const [pins, scopes, policy] = [
      await readPinnedLogs(config),
      await readTrustedKeys(config),
      await readPolicyFile(config, process.env),
    ];
    const rows = Object.entries(pins).flatMap(([url, { logKey, clockKey, pinnedAt }]) => [
      [url, "log", logKey, `pinned ${pinnedAt.slice(0, 10)}`],
      [url, "clock", clockKey, ""],
    ]);
    const trusted = Object.entries(scopes).flatMap(([scope, keys]) =>
      keys.map((keyId) => [scope, "key", keyId, "by lora trust"]),
    );
    this.log(
      rows.length + trusted.length === 0 ? "Nothing is pinned yet." : formatTable([...rows, ...trusted]),
    );
    if (policy !== undefined) this.log(`The policy of ${policy.path} goes before pinned logs.`);
    return { logs: pins, scopes, policy: policy?.path };
  }
}
