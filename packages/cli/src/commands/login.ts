// SPDX-License-Identifier: Apache-2.0
import { text } from "node:stream/consumers";
import { LoraError } from "@lora/client/errors";
import { parseRegistryUrl, registryUrl, writeSetting, writeToken } from "@lora/client/home";
import { parseScopeName } from "@lora/client/names";
import { createRegistryClient } from "@lora/client/registry-client";
import { Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";

export default class Login extends LoraCommand {
  static override summary = "Store a token for a registry, once the registry has accepted it.";
  static override examples = [
    {
      description: "Keep the token out of the shell's history",
      command: "<%= config.bin %> login --token - < token.txt",
    },
    "<%= config.bin %> login --registry https://registry.example.org --token lora_…",
  ];
  static override flags = {
    token: Flags.string({ description: "the token, or - to read it from standard input", required: true }),
    scope: Flags.string({
      description: "use the registry for this scope alone, and leave the default one as it is",
      helpValue: "@SCOPE",
      dependsOn: ["registry"],
    }),
    ...registryFlag,
  };

  async run() {
    const { flags } = await this.parse(Login);
    const token = (flags.token === "-" ? await text(process.stdin) : flags.token).trim();
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new LoraError("USAGE", "this is not a token", { hint: "a token begins with lora_" });
    const { config } = this.directories();
    const url =
      flags.registry === undefined
        ? await registryUrl(config, process.env)
        : parseRegistryUrl(flags.registry);
    const who = await createRegistryClient({ url, token }).whoami();
    await writeToken(config, url, token);
    await writeSetting(
      config,
      flags.scope === undefined ? "registry" : `${parseScopeName(flags.scope)}:registry`,
      url,
    );
    this.log(`Logged in to ${url} with the token ${JSON.stringify(who.token.name)}`);
    return { registry: url, ...who };
  }
}
