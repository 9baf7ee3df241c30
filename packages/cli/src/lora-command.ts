// SPDX-License-Identifier: Apache-2.0
/** What all commands share: `--json`, the flags for a project and a registry, and the parts of the client they call. */
import { join } from "node:path";
import type { AccountClient } from "@lora/client/account-client";
import type { BaseSourceDeps } from "@lora/client/base-source";
import {
  DEFAULT_DOWNLOADS,
  type HomeDirectories,
  homeDirectories,
  parseRegistryUrl,
  readConfig,
  readToken,
  registryUrl,
  registryUrlFor,
} from "@lora/client/home";
import type { InstallDeps } from "@lora/client/install";
import type { ScopeName } from "@lora/client/names";
import type { NetworkUse, RegistryClient } from "@lora/client/registry-client";
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
export const networkFlags = {
  offline: Flags.boolean({
    description: "use only what is cached and stored",
    exclusive: ["prefer-offline"],
  }),
  "prefer-offline": Flags.boolean({ description: "do not ask whether cached documents are still current" }),
};

export interface RegistryFlags {
  registry?: string | undefined;
  offline?: boolean;
  "prefer-offline"?: boolean;
}

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

  /** The registry at an address, or the default one. */
  protected async openRegistry(
    address: string | undefined,
    network: NetworkUse = "always",
  ): Promise<RegistryClient> {
    const { createRegistryClient, openDocumentCache } = await import("@lora/client/registry-client");
    const { config, cache } = this.directories();
    const url = address === undefined ? await registryUrl(config, process.env) : parseRegistryUrl(address);
    const token = await readToken(config, url, process.env);
    return createRegistryClient({ url, token, cache: openDocumentCache(cache, url), network });
  }

  /** Who may act, at the registry of `--registry` or the default one, with the token for it. */
  protected async accounts(flags: RegistryFlags, scope?: ScopeName): Promise<AccountClient> {
    const { createAccountClient } = await import("@lora/client/account-client");
    const { config } = this.directories();
    const given = flags.registry ?? (scope && (await registryUrlFor(scope, config, process.env)));
    const url = given === undefined ? await registryUrl(config, process.env) : parseRegistryUrl(given);
    return createAccountClient(url, await readToken(config, url, process.env));
  }

  /** The registry of a scope: `--registry` where it was given, else the scope's own, else the default one. */
  protected async registryFor(scope: ScopeName, flags: RegistryFlags): Promise<RegistryClient> {
    const network = flags.offline ? "never" : flags["prefer-offline"] ? "missing" : "always";
    const url = flags.registry ?? (await registryUrlFor(scope, this.directories().config, process.env));
    return this.openRegistry(url, network);
  }

  /** For what `--base` names. A name or fingerprint is looked up where the package's scope lives, else by default. */
  protected baseSourceDeps(flags: RegistryFlags, scope?: ScopeName): BaseSourceDeps {
    return {
      registry: () =>
        scope === undefined ? this.openRegistry(flags.registry) : this.registryFor(scope, flags),
      fetch: async () => (await import("@lora/client/registry-client")).environmentFetch(),
    };
  }

  protected async installDeps(
    flags: RegistryFlags,
    onProgress?: InstallDeps["onProgress"],
  ): Promise<InstallDeps> {
    const directories = this.directories();
    const clients = new Map<ScopeName, Promise<RegistryClient>>();
    return {
      store: await this.openStore(),
      directories,
      downloads: (await readConfig(directories.config)).downloads ?? DEFAULT_DOWNLOADS,
      registryFor: (scope) => {
        const client = clients.get(scope) ?? this.registryFor(scope, flags);
        clients.set(scope, client);
        return client;
      },
      ...(onProgress === undefined ? {} : { onProgress }),
    };
  }
}
