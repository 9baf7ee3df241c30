// SPDX-License-Identifier: Apache-2.0
import { findSigningKey, readToken } from "@lora/client/home";
import { type PackageName, type ScopeName, scopeOf } from "@lora/client/names";
import { type PackRequest, type PublishOutcome, publishPackage } from "@lora/client/publish";
import type { RegistryClient } from "@lora/client/registry-client";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, type RegistryFlags, registryFlag } from "../lora-command.ts";
import { type PackReport, packReport, printPackReport } from "../output/conversions.ts";
import { paint } from "../output/paint.ts";
import { openProgressLine } from "../output/progress-line.ts";
import { formatTable } from "../output/table.ts";
import { count, formatBytes } from "../output/units.ts";
import { packageFlags, packageScope, readPackageRequest } from "../package-options.ts";
import { keyPassphrase } from "../passphrase.ts";

export default class Publish extends LoraCommand {
  static override summary = "Sign a package and publish it.";
  static override description =
    "Packs first, as lora pack does, also what PEFT saved; signs with the scope's key, uploads what the registry " +
    "lacks. With --base a registry that does not know the base yet is told its fingerprint and shapes, never its weights.";
  static override examples = [
    "<%= config.bin %> publish",
    {
      description: "The first ability for a base",
      command: "<%= config.bin %> publish upper --base 'tiny-say v1=base.gguf'",
    },
    { description: "See what would be signed and sent", command: "<%= config.bin %> publish --dry-run" },
  ];
  static override args = { dir: Args.string({ description: "the package's directory", default: "." }) };
  static override flags = {
    ...packageFlags,
    test: Flags.boolean({
      description: "first run the package's examples on the bases of --base; publish only if they hold",
    }),
    "dry-run": Flags.boolean({ description: "do everything but write, upload and publish" }),
    private: Flags.boolean({
      description: "a new package is for those alone who have a role in its scope",
    }),
    ...registryFlag,
  };

  async run(): Promise<Omit<PublishOutcome, "packed" | "logNotes"> & PackReport> {
    const { args, flags } = await this.parse(Publish);
    const scope = await packageScope(args.dir, flags.name);
    const progress = openProgressLine();
    const request = await readPackageRequest(args.dir, flags, this.baseSourceDeps(flags, scope));
    if (flags.test) await this.test(request);
    const outcome = await publishPackage(
      {
        registryFor: (scope, name) => this.registryToPublish(scope, name, flags),
        ...(flags.private ? { visibility: "private" as const } : {}),
        signingKey: (scope, accepted) =>
          findSigningKey(this.directories().config, scope, process.env, keyPassphrase, accepted),
        trust: { directories: this.directories(), env: process.env },
        onProgress: ({ step, doneBytes, totalBytes }) =>
          step === "upload"
            ? progress.bytes("uploading", doneBytes, totalBytes)
            : progress.say("publishing…"),
      },
      { ...request, dryRun: flags["dry-run"] },
    ).finally(() => progress.end());
    const { packed, logNotes, ...rest } = outcome;
    const { manifest, files, id, keyId, published, registry } = outcome;
    const report = packReport(packed);
    printPackReport(this, report);
    this.log(
      formatTable(
        files.map(({ name, sha256, sizeBytes }) => [
          `  ${name}`,
          formatBytes(sizeBytes),
          sha256.slice(0, 12),
        ]),
      ),
    );
    for (const { file, base } of manifest.adapters ?? []) {
      this.log(`  ${file} is for ${base.name} (${base.fingerprint.slice(0, 17)}…)`);
    }
    const verb = published === undefined ? "Would publish" : "Published";
    this.log(`${verb} ${manifest.name} ${manifest.version} to ${registry}`);
    this.log(
      `  release ${id.slice(0, 12)}…, signed with key ${keyId.slice(0, 12)}… of ${scopeOf(manifest.name)}`,
    );
    if (published?.logIndex !== undefined) this.log(`  entry ${published.logIndex} of the registry's log`);
    for (const note of logNotes) this.logToStderr(`${paint("yellow", "note")}: ${note}`);
    if (published !== undefined) this.log(`  install it with: lora install ${manifest.name}`);
    return { ...rest, ...report };
  }

  /** In a CI job without a token, by the job's own identity. */
  private async registryToPublish(
    scope: ScopeName,
    name: PackageName,
    flags: RegistryFlags,
  ): Promise<RegistryClient> {
    const registry = await this.registryFor(scope, flags);
    const stored = await readToken(this.directories().config, registry.url, process.env);
    if (stored !== undefined) return registry;
    const { createAccountClient, hasCiIdentity, readCiIdentity } = await import(
      "@lora/client/account-client"
    );
    if (!hasCiIdentity(process.env)) return registry;
    const { origin } = await registry.info();
    const idToken = await readCiIdentity(process.env, origin);
    const { token } = await createAccountClient(registry.url).exchangeIdToken(name, idToken);
    const { createRegistryClient } = await import("@lora/client/registry-client");
    return createRegistryClient({ url: registry.url, token });
  }

  private async test(request: PackRequest): Promise<void> {
    const { testDraft } = await import("@lora/client/ability-test");
    for (const { file, base, examples, moved } of await testDraft(request, process.env)) {
      const share = `${Math.round(100 * moved)} % of the next token moved`;
      this.log(`Tested ${file} on ${base}: ${count(examples.length, "example")} as expected, ${share}`);
    }
  }
}
