// SPDX-License-Identifier: Apache-2.0
import { hostname } from "node:os";
import { text } from "node:stream/consumers";
import { LoraError } from "@lora/client/errors";
import { parseRegistryUrl, registryUrl, writeSetting, writeToken } from "@lora/client/home";
import { parseScopeName } from "@lora/client/names";
import { createRegistryClient } from "@lora/client/registry-client";
import { Flags } from "@oclif/core";
import { openBrowser } from "../browser.ts";
import { LoraCommand, registryFlag } from "../lora-command.ts";

export default class Login extends LoraCommand {
  static override summary = "Log in to a registry: in the browser, or with a token.";
  static override description =
    "Shows an address and a code, and waits until you have approved the login there. The token that comes back is kept for " +
    "this address of the registry alone. With --token a token is stored as it is, once the registry has accepted it.";
  static override examples = [
    "<%= config.bin %> login",
    "<%= config.bin %> login --registry https://registry.example.org",
    {
      description: "Keep the token out of the shell's history",
      command: "<%= config.bin %> login --token - < token.txt",
    },
  ];
  static override flags = {
    token: Flags.string({ description: "the token, or - to read it from standard input" }),
    browser: Flags.boolean({
      description: "open the address in the browser, where there is one",
      allowNo: true,
      default: true,
    }),
    scope: Flags.string({
      description: "use the registry for this scope alone, and leave the default one as it is",
      helpValue: "@SCOPE",
      dependsOn: ["registry"],
    }),
    ...registryFlag,
  };

  async run() {
    const { flags } = await this.parse(Login);
    const { config } = this.directories();
    const url =
      flags.registry === undefined
        ? await registryUrl(config, process.env)
        : parseRegistryUrl(flags.registry);
    const token =
      flags.token === undefined
        ? await this.approvedToken(url, flags.browser)
        : await givenToken(flags.token);
    const who = await createRegistryClient({ url, token }).whoami();
    await writeToken(config, url, token);
    await writeSetting(
      config,
      flags.scope === undefined ? "registry" : `${parseScopeName(flags.scope)}:registry`,
      url,
    );
    const as = who.account === undefined ? "" : ` as ${who.account.name}`;
    this.log(`Logged in to ${url}${as} with the token ${JSON.stringify(who.token.name)}`);
    return { registry: url, ...who };
  }

  private async approvedToken(url: string, browser: boolean): Promise<string> {
    const { createAccountClient, waitForLogin } = await import("@lora/client/account-client");
    const label = `lora on ${hostname()
      .replaceAll(/[^\w.-]/g, "")
      .slice(0, 60)}`;
    const { token } = await waitForLogin(createAccountClient(url), label, (login) => {
      // Not on stdout, where --json has its answer; and always: the browser may be on another machine.
      process.stderr.write(
        `To log in to ${url}, open\n\n  ${login.verificationUrl}\n\nand enter the code\n\n  ${login.userCode}\n\n`,
      );
      if (browser) openBrowser(login.verificationUrlComplete);
      process.stderr.write("Waiting for your approval…\n");
    });
    return token;
  }
}

async function givenToken(given: string): Promise<string> {
  const token = (given === "-" ? await text(process.stdin) : given).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new LoraError("USAGE", "this is not a token", { hint: "a token begins with lora_" });
}
