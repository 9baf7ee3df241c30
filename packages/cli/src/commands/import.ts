// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { formatHubReference, hubAccess, hubFetch, parseHubReference } from "@lora/client/hub";
import { importPackage } from "@lora/client/import";
import { bareNameOf, parsePackageName, scopeOf } from "@lora/client/names";
import { environmentFetch } from "@lora/client/registry-client";
import { Args, Flags } from "@oclif/core";
import { LoraCommand, registryFlag } from "../lora-command.ts";
import { packReport, printPackReport } from "../output/conversions.ts";
import { printableChunk } from "../output/printable.ts";
import { openProgressLine } from "../output/progress-line.ts";
import { packageFlags, readPackageRequest } from "../package-options.ts";

export default class Import extends LoraCommand {
  static override summary = "Make a package of an adapter that lies on a hub.";
  static override description =
    "Downloads an adapter as PEFT saved it, or as GGUF, converts and packs it. lora.json keeps the repository, the commit " +
    "and the licence. The base is the one of --base, or what the registry knows by the name that the adapter gives it. " +
    "The hub is HF_ENDPOINT (default: https://huggingface.co); HF_TOKEN is sent to it, and to nobody else.";
  static override examples = [
    "<%= config.bin %> import hf:acme/sql-lora --name @acme/sql --base llama-3.1-8b.gguf",
    {
      description: "A certain commit, tag or branch",
      command: "<%= config.bin %> import hf:acme/sql-lora@v1.2 --name @acme/sql",
    },
  ];
  static override args = {
    reference: Args.string({ description: "hf:OWNER/REPO, or hf:OWNER/REPO@REVISION", required: true }),
  };
  static override flags = {
    ...packageFlags,
    name: Flags.string({ description: "name of the package", helpValue: "@SCOPE/NAME", required: true }),
    dir: Flags.string({
      description: "where to make the package (default: a directory of the package's name, here)",
      helpValue: "DIR",
    }),
    file: Flags.string({ description: "which GGUF file, where there are several", helpValue: "NAME" }),
    ...registryFlag,
  };

  async run() {
    const { args, flags } = await this.parse(Import);
    const reference = parseHubReference(args.reference);
    const name = parsePackageName(flags.name);
    const directory = resolve(flags.dir ?? bareNameOf(name));
    const access = hubAccess(process.env);
    const request = await readPackageRequest(directory, flags, this.baseSourceDeps(flags, scopeOf(name)));
    const progress = openProgressLine();
    const { repository, packed, downloadedBytes } = await importPackage(
      { ...request, name, reference, file: flags.file },
      {
        endpoint: access.endpoint,
        fetch: hubFetch(access, { fetch: await environmentFetch() }),
        onProgress: ({ doneBytes, totalBytes }) => progress.bytes("downloading", doneBytes, totalBytes),
      },
    ).finally(() => progress.end());
    const report = packReport(packed);
    const { draft, manifestPath, filled } = packed;
    this.log(`${draft.name} ${draft.version}: ${manifestPath}`);
    this.log(`  from ${formatHubReference({ repository: repository.name, revision: repository.revision })}`);
    printPackReport(this, report);
    for (const { path, value } of filled) this.log(printableChunk(`  ${path} = ${JSON.stringify(value)}`));
    this.log(`Next: lora publish ${flags.dir ?? bareNameOf(name)}`);
    return {
      directory,
      manifest: manifestPath,
      name: draft.name,
      version: draft.version,
      repository: `hf:${repository.name}`,
      revision: repository.revision,
      license: draft.license ?? null,
      downloadedBytes,
      filled,
      ...report,
    };
  }
}
