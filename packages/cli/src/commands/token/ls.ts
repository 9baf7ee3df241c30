// SPDX-License-Identifier: Apache-2.0
import { LoraCommand, registryFlag } from "../../lora-command.ts";
import { formatTable } from "../../output/table.ts";

export default class TokenLs extends LoraCommand {
  static override summary = "List your account's tokens; the tokens themselves nobody has but you.";
  static override examples = ["<%= config.bin %> token ls"];
  static override flags = { ...registryFlag };

  async run() {
    const { flags } = await this.parse(TokenLs);
    const tokens = await (await this.accounts(flags)).tokens();
    const rows = tokens.map((token) => [
      String(token.id),
      token.name,
      token.actions.join(","),
      [...(token.packages ?? []), ...(token.networks ?? [])].join(" ") || "-",
      `until ${token.expiresAt?.slice(0, 10) ?? "revoked"}`,
      token.lastUsedAt === undefined ? "never used" : `used ${token.lastUsedAt.slice(0, 10)}`,
    ]);
    this.log(rows.length === 0 ? "There are no tokens." : formatTable(rows));
    return { tokens };
  }
}
