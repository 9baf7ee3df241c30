// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parsePackageDraft } from "@lora/client/manifest";
import { setPackageVersion } from "@lora/client/publish";
import { fileError, writeFileDurably } from "@lora/client/store";
import { nextVersion } from "@lora/client/versions";
import { Args, Flags } from "@oclif/core";
import { LoraCommand } from "../lora-command.ts";

export default class Version extends LoraCommand {
  static override summary = "Raise the version of a package in its lora.json.";
  static override examples = [
    "<%= config.bin %> version patch",
    "<%= config.bin %> version 2.0.0 --dir upper",
  ];
  static override args = {
    step: Args.string({ description: "patch, minor, major, or a version", required: true }),
  };
  static override flags = {
    dir: Flags.string({ description: "the package's directory", default: ".", helpValue: "DIR" }),
  };

  async run() {
    const { args, flags } = await this.parse(Version);
    const path = join(flags.dir, "lora.json");
    const text = await readFile(path, "utf8").catch((cause) => {
      throw fileError(cause, "read", path);
    });
    const { name, version: from } = parsePackageDraft(text, path);
    const to = nextVersion(from, args.step);
    await writeFileDurably(path, setPackageVersion(text, to));
    this.log(`${name} ${from} → ${to}`);
    return { name, from, to };
  }
}
