// SPDX-License-Identifier: Apache-2.0
/** What all commands share: `--json`, the flags for a project and a registry, and the parts of the client they call. */
import { join } from "node:path";
import {
  type HomeDirectories,
  homeDirectories,
  parseRegistryUrl,
  readToken,
  registryUrl,
} from "@lora/client/home";
import type { RegistryClient } from "@lora/client/registry-client";
import type { Store } from "@lora/client/store";
import { Command, Flags } from "@oclif/core";

export const projectFlag = {
  dir: Flags.string({
    description: "the project's directory, or one below it",
    default: ".",
    helpValue: "DIR",
  }),
};
export const registryFlag = {
  registry: Flags.string({
    description: "address of the registry (default: LORA_REGISTRY, else the one of lora login)",
    helpValue: "URL",
  }),
};

export abstract class LoraCommand extends Command {
  static override enableJsonFlag = true;

  /** Every failure is told in one place, `reportFailure`. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }

  protected directories(): HomeDirectories {
    return homeDirectories();
  }

  /** Modules load when they are needed: start-up time is what a user waits for most often. */
  protected async openStore(): Promise<Store> {
    const { openStore } = await import("@lora/client/store");
    return openStore(join(this.directories().data, "store"));
  }

  protected async openRegistry(address: string | undefined): Promise<RegistryClient> {
    const { createRegistryClient, openIndexCache } = await import("@lora/client/registry-client");
    const { config, cache } = this.directories();
    const url = address === undefined ? await registryUrl(config, process.env) : parseRegistryUrl(address);
    const token = await readToken(config, url, process.env);
    return createRegistryClient({ url, token, cache: openIndexCache(cache, url) });
  }
}
