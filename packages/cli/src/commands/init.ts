// SPDX-License-Identifier: Apache-2.0
import { lstat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { LoraError } from "@lora/client/errors";
import { formatFingerprint } from "@lora/client/fingerprint";
import { readModel } from "@lora/client/install";
import { parsePackageName } from "@lora/client/names";
import { createPackage, licenseOfDirectory } from "@lora/client/publish";
import { writeFileDurably } from "@lora/client/store";
import { parseVersion } from "@lora/client/versions";
import { Flags } from "@oclif/core";
import { LoraCommand } from "../lora-command.ts";
import {
  askForPackage,
  type KnownAnswers,
  openQuestions,
  type PackageAnswers,
  parseDescription,
  parseLicense,
} from "../package-questions.ts";

interface PackageFlags {
  name?: string | undefined;
  description?: string | undefined;
  license?: string | undefined;
  "package-version"?: string | undefined;
}

type InitReport = { manifest: string } & (
  | { model: string; fingerprint: string; name: string }
  | { name: string; version: string; description?: string; license?: string }
);

export default class Init extends LoraCommand {
  static override summary = "Make a directory a project, or with --package an ability to publish.";
  static override description =
    "A project is a model, and the abilities installed onto it. For a package the few things are asked that cannot be found " +
    "out: name, description and licence; each has a flag, and what has one is not asked. Without a terminal nothing is.";
  static override examples = [
    {
      description: "A project on a model that lies beside it",
      command: "<%= config.bin %> init --model models/llama-3.1-8b.q4_k_m.gguf",
    },
    {
      description: "A package in a directory with what a training run has left",
      command: "<%= config.bin %> init --package --dir outputs/sql --name @acme/sql --license Apache-2.0",
    },
  ];
  static override flags = {
    model: Flags.string({ description: "the base model's GGUF file", helpValue: "FILE" }),
    package: Flags.boolean({ description: "make a package and not a project", exclusive: ["model"] }),
    name: Flags.string({ description: "of the package", dependsOn: ["package"], helpValue: "@SCOPE/NAME" }),
    description: Flags.string({ description: "what it does, in a line", dependsOn: ["package"] }),
    license: Flags.string({ description: "its licence, such as Apache-2.0", dependsOn: ["package"] }),
    "package-version": Flags.string({
      description: "its version (default: 0.1.0)",
      dependsOn: ["package"],
      helpValue: "VERSION",
    }),
    dir: Flags.string({ description: "where to write lora.json", default: ".", helpValue: "DIR" }),
  };

  async run(): Promise<InitReport> {
    const { flags } = await this.parse(Init);
    const directory = resolve(flags.dir);
    const manifestPath = join(directory, "lora.json");
    if ((await lstat(manifestPath).catch(() => undefined)) !== undefined) {
      throw new LoraError("PROJECT_EXISTS", `${manifestPath} exists already`, {
        hint: flags.package ? "fill it in: lora pack" : 'change its "model", then run lora install',
      });
    }
    if (flags.package) return this.initPackage(directory, flags);
    if (flags.model === undefined)
      throw new LoraError("USAGE", "neither a model was named, nor a package asked for", {
        hint: "run lora init --model FILE for a project, or lora init --package for an ability",
      });
    const model = await readModel(resolve(flags.model), this.directories().cache);
    const written = modelReference(directory, model.path);
    await writeFileDurably(
      manifestPath,
      `${JSON.stringify({ model: written, dependencies: {} }, null, 2)}\n`,
    );
    this.log(`Created ${manifestPath}`);
    this.log(`Model: ${model.name} (${model.record.architecture}, ${formatFingerprint(model.fingerprint)}…)`);
    this.log("Next: lora install @scope/name");
    return { manifest: manifestPath, model: written, fingerprint: model.fingerprint, name: model.name };
  }

  private async initPackage(directory: string, flags: PackageFlags): Promise<InitReport> {
    const version = flags["package-version"];
    const given = {
      name: flags.name === undefined ? undefined : parsePackageName(flags.name),
      description: flags.description === undefined ? undefined : parseDescription(flags.description.trim()),
      license:
        flags.license === undefined
          ? await licenseOfDirectory(directory)
          : parseLicense(flags.license.trim()),
    };
    const answers = await this.answers(given);
    const manifest = await createPackage(directory, {
      ...answers,
      version: version === undefined ? undefined : parseVersion(version),
    });
    this.log(`Created ${manifest.path}`);
    this.log(
      `Next: put adapters beside it, then run lora pack ${relative(".", directory) || "."} --base BASE`,
    );
    return { manifest: manifest.path, ...manifest.content };
  }

  private async answers(given: KnownAnswers): Promise<PackageAnswers> {
    if (process.stdin.isTTY && process.stderr.isTTY && !this.jsonEnabled()) {
      const questions = openQuestions(process.stdin, process.stderr);
      return askForPackage(given, questions.ask, (text) => this.logToStderr(text)).finally(questions.end);
    }
    if (given.name === undefined)
      throw new LoraError("USAGE", "a package needs a name, and there is no terminal to ask for it", {
        hint: "give it: lora init --package --name @scope/name",
      });
    return { name: given.name, description: given.description, license: given.license };
  }
}

/** Relative where the model lies in the project, so that the project can move; with forward slashes on every system. */
function modelReference(directory: string, modelPath: string): string {
  const path = relative(directory, modelPath);
  return path.startsWith("..") || isAbsolute(path) ? modelPath : path.split(sep).join("/");
}
