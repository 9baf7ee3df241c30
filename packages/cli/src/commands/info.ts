// SPDX-License-Identifier: Apache-2.0
import { countLastDays, type IndexVersion } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import { formatFingerprint } from "@lora/client/fingerprint";
import { type Model, readModel } from "@lora/client/install";
import { parsePackageSpec, scopeOf } from "@lora/client/names";
import { readProject } from "@lora/client/project";
import { compareVersions, parseVersionRange, satisfies, type Version } from "@lora/client/versions";
import { Args } from "@oclif/core";
import { LoraCommand, projectFlag, registryFlag } from "../lora-command.ts";
import { paint } from "../output/paint.ts";
import { formatTable } from "../output/table.ts";
import { formatBytes } from "../output/units.ts";

export default class Info extends LoraCommand {
  static override summary =
    "Show a package: versions, the bases they are for, ranks, sizes, dependencies, keys, downloads.";
  static override description =
    "In a project, each adapter for the project's model is marked. A mirror counts no downloads: of them nothing is shown.";
  static override examples = [
    "<%= config.bin %> info @demo/upper",
    "<%= config.bin %> info @demo/upper@^1 --json",
  ];
  static override args = { name: Args.string({ description: "NAME or NAME@RANGE", required: true }) };
  static override flags = { ...projectFlag, ...registryFlag };

  async run() {
    const { args, flags } = await this.parse(Info);
    const { name, range } = parsePackageSpec(args.name);
    const registry = await this.registryFor(scopeOf(name), flags);
    const index = await registry.index(name);
    if (index === undefined) throw new LoraError("PACKAGE_NOT_FOUND", `the registry has no package ${name}`);
    const tagged = range === undefined ? undefined : index.distTags[range];
    const wanted = parseVersionRange(tagged ?? range ?? "*");
    const versions = (Object.entries(index.versions) as [Version, IndexVersion][])
      .filter(([version]) => range === undefined || satisfies(version, wanted))
      .sort(([a], [b]) => compareVersions(b, a));
    const takenDown = Object.entries(index.takenDown ?? {})
      .map(([version, { reason }]) => [version as Version, { reason }] as const)
      .filter(([version]) => range === undefined || satisfies(version, wanted))
      .sort(([a], [b]) => compareVersions(b, a));
    if (range !== undefined && versions.length === 0 && takenDown.length === 0) {
      throw new LoraError("VERSION_NOT_FOUND", `${name} has no version ${range}`, {
        hint: `see all versions: lora info ${name}`,
      });
    }
    const [model, counted] = await Promise.all([this.projectModel(flags.dir), registry.downloads(name)]);
    const downloads = counted && {
      last30Days: countLastDays(counted, 30, new Date()),
      total: counted.total,
    };
    this.log(paint("bold", name, process.stdout));
    const tags = Object.entries(index.distTags).map(([tag, version]) => `${tag} = ${version}`);
    if (tags.length > 0) this.log(tags.join(", "));
    if (downloads !== undefined)
      this.log(`${downloads.last30Days} downloads in the last 30 days, ${downloads.total} ever`);
    for (const [version, entry] of versions) this.log(`\n${describeVersion(version, entry, model)}`);
    for (const [version, { reason }] of takenDown)
      this.log(
        `\n${version}  ${paint("red", "taken down", process.stdout)}${reason === undefined ? "" : `: ${reason}`}`,
      );
    return {
      name,
      distTags: index.distTags,
      versions: Object.fromEntries(versions),
      ...(takenDown.length === 0 ? {} : { takenDown: Object.fromEntries(takenDown) }),
      ...(downloads === undefined ? {} : { downloads }),
    };
  }

  /** Undefined outside a project, or where its model cannot be read: info is about the package. */
  private async projectModel(directory: string): Promise<Model | undefined> {
    try {
      return await readModel((await readProject(directory)).modelPath, this.directories().cache);
    } catch {
      return undefined;
    }
  }
}

function describeVersion(version: Version, entry: IndexVersion, model: Model | undefined): string {
  const yanked = entry.yanked === undefined ? "" : paint("red", `  yanked: ${entry.yanked}`, process.stdout);
  const deprecated =
    entry.deprecated === undefined
      ? ""
      : paint("yellow", `  deprecated: ${entry.deprecated}`, process.stdout);
  const adapters = entry.adapters.map(({ base, rank, sizeBytes, file }) => [
    `  ${base.name}`,
    `${formatFingerprint(base.fingerprint)}…`,
    `rank ${rank}`,
    formatBytes(sizeBytes),
    file,
    base.fingerprint === model?.fingerprint ? paint("green", "← your model", process.stdout) : "",
  ]);
  const dependencies = Object.entries(entry.dependencies).map(
    ([name, { range }]) => `  depends on ${name} ${range}`,
  );
  return [
    `${version}  published ${entry.publishedAt.slice(0, 10)}, signed with key ${entry.keyId.slice(0, 12)}…${yanked}${deprecated}`,
    ...(adapters.length === 0 ? ["  a bundle: no adapter of its own"] : [formatTable(adapters)]),
    ...dependencies,
  ].join("\n");
}
