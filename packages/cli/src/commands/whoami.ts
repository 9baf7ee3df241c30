// SPDX-License-Identifier: Apache-2.0
import { stripVTControlCharacters } from "node:util";
import { LoraCommand, registryFlag } from "../lora-command.ts";

export default class Whoami extends LoraCommand {
  static override summary = "Say whom a registry takes you for, and what your token allows.";
  static override examples = ["<%= config.bin %> whoami"];
  static override flags = { ...registryFlag };

  async run() {
    const { flags } = await this.parse(Whoami);
    const registry = await this.openRegistry(flags.registry);
    const who = await registry.whoami();
    const { name, actions, packages } = who.token;
    const lines = [
      who.account === undefined ? `The token ${name}, of no account` : who.account.name,
      `  at ${registry.url}, with the token ${JSON.stringify(name)}`,
      `  which allows ${actions.join(", ")}${packages === undefined ? "" : ` on ${packages.join(", ")}`}`,
    ];
    for (const line of lines) this.log(stripVTControlCharacters(line));
    return { registry: registry.url, ...who };
  }
}
