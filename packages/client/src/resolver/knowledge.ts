// SPDX-License-Identifier: Apache-2.0
/** Turns index files into packages and facts, no earlier than a version is considered. */
import { Range } from "semver";
import type { IndexVersion } from "../documents/index.ts";
import { type Dependency, isDistTag } from "../manifest/index.ts";
import type { PackageName } from "../names.ts";
import { satisfies, type VersionRange } from "../versions.ts";
import type { Catalog } from "./catalog.ts";
import { withoutUnusable } from "./conflict.ts";
import type { Incompatibility, RequirementFact } from "./incompatibility.ts";
import { eitherSet, optionRank, optionTable, TAKEN, takenSet } from "./option.ts";
import { createPackage, type Package } from "./package.ts";
import type { ResolveRequest } from "./request.ts";
import type { Rules } from "./rules.ts";
import { negative, positive, type Term } from "./term.ts";
import {
  difference,
  hasVersion,
  isDisjoint,
  isEmpty,
  singleVersion,
  union,
  type VersionSet,
  versionsWhere,
} from "./version-set.ts";
import { tableOf, type VersionTable } from "./version-table.ts";

export interface KnowledgeListener {
  onPackage(pkg: Package): void;
  onFact(fact: Incompatibility): void;
}

/** A conflict with a package that nothing has asked for yet, and perhaps nothing ever will. */
interface PendingConflict {
  package: Package;
  versions: VersionSet;
  range: string;
}

/** Everything that one run of the solver knows about the world. */
export class Knowledge {
  readonly #rules: Rules;
  readonly #catalog: Catalog;
  readonly #listener: KnowledgeListener;
  readonly #packages = new Map<PackageName, Package>();
  readonly #options = new Map<string, Package>();
  readonly #pendingConflicts = new Map<PackageName, PendingConflict[]>();
  #nextId = 0;

  constructor(rules: Rules, catalog: Catalog, listener: KnowledgeListener) {
    this.#rules = rules;
    this.#catalog = catalog;
    this.#listener = listener;
  }

  /** Announces what the project asks for, and returns it. */
  async addProject({ dependencies, optionalDependencies = {} }: ResolveRequest): Promise<Incompatibility[]> {
    const names = sortedKeys(dependencies);
    const tagged = this.#lockedTags(optionalDependencies);
    await Promise.all([this.#load(names), ...tagged.map((on) => this.#catalog.load(on))]);
    return [
      ...names.flatMap((on) =>
        known(this.#addRequirement(undefined, undefined, on, dependencies[on] as Dependency)),
      ),
      ...sortedKeys(optionalDependencies).map((on) =>
        this.#addOption(undefined, undefined, on, optionalDependencies[on] as Dependency),
      ),
    ];
  }

  /** Waits until everything is here that `addVersion` needs; undefined where nothing is missing. */
  prepare(pkg: Package, version: number): Promise<unknown> | undefined {
    if (pkg.option !== undefined) {
      const { on } = pkg.option;
      return version === TAKEN && !this.#packages.has(on) ? this.#load([on]) : undefined;
    }
    const { dependencies, optionalDependencies } = pkg.table.entries[version] as IndexVersion;
    const missing: PackageName[] = [];
    for (const on in dependencies) {
      if (!this.#packages.has(on as PackageName)) missing.push(on as PackageName);
    }
    const tagged = this.#lockedTags(optionalDependencies);
    if (missing.length + tagged.length === 0) return undefined;
    return Promise.all([this.#load(missing.sort()), ...tagged.map((on) => this.#catalog.load(on))]);
  }

  /** Announces what a version asks for, and returns what was not known before. */
  addVersion(pkg: Package, version: number): Incompatibility[] {
    const { table, option, expanded } = pkg;
    if (hasVersion(expanded, version)) return [];
    pkg.expanded = union(expanded, singleVersion(table.versions.length, version));
    if (option !== undefined) {
      if (version !== TAKEN) return [];
      return known(this.#addRequirement(pkg, takenSet, option.on, { range: option.range }));
    }
    const { dependencies, optionalDependencies, conflicts } = table.entries[version] as IndexVersion;
    const facts: Incompatibility[] = [];
    /** Versions that ask the same share one fact, and it is new where none of them is expanded. */
    const sharing = (isSame: (entry: IndexVersion) => boolean) => {
      const set = versionsWhere(table.versions.length, (index) =>
        isSame(table.entries[index] as IndexVersion),
      );
      return isDisjoint(set, expanded) ? set : undefined;
    };
    for (const on of sortedKeys(dependencies)) {
      const asked = dependencies[on] as Dependency;
      const versions = sharing((entry) => this.#isSame(on, entry.dependencies[on], asked));
      if (versions !== undefined) facts.push(...known(this.#addRequirement(pkg, versions, on, asked)));
    }
    for (const on of sortedKeys(optionalDependencies)) {
      const asked = optionalDependencies[on] as Dependency;
      const versions = sharing((entry) => this.#isSame(on, entry.optionalDependencies[on], asked));
      if (versions !== undefined && on !== table.name) facts.push(this.#addOption(pkg, versions, on, asked));
    }
    for (const other of sortedKeys(conflicts)) {
      const range = conflicts[other] as string;
      const versions = sharing((entry) => entry.conflicts[other] === range);
      if (versions === undefined || other === table.name) continue;
      facts.push(...known(this.#addConflict({ package: pkg, versions, range }, other)));
    }
    return facts;
  }

  #isSame(on: PackageName, one: Dependency | undefined, other: Dependency): boolean {
    return one !== undefined && (one.range === other.range || this.#isOverridden(on));
  }

  /** Packages get their ids in the order of `names`, whatever order the index files arrive in. */
  async #load(names: readonly PackageName[]): Promise<void> {
    const tables = await Promise.all(
      names.map((name): VersionTable | Promise<VersionTable> => {
        if (!this.#rules.isScopeAllowed(name)) return tableOf(name, undefined);
        return this.#catalog.peek(name) ?? this.#catalog.load(name);
      }),
    );
    for (const table of tables) {
      if (this.#packages.has(table.name)) continue;
      const pkg = this.#create(table);
      this.#packages.set(table.name, pkg);
      for (const conflict of this.#pendingConflicts.get(table.name) ?? []) {
        this.#addConflict(conflict, table.name);
      }
    }
  }

  /** What must be loaded to know whether a dist-tag means the locked version. */
  #lockedTags(optional: Readonly<Record<PackageName, Dependency>>): PackageName[] {
    return sortedKeys(optional).filter(
      (on) =>
        this.#rules.lockedVersion(on) !== undefined &&
        this.#rules.isScopeAllowed(on) &&
        isDistTag(this.#effectiveRange(on, optional[on] as Dependency)),
    );
  }

  #isLocked(on: PackageName, range: string): boolean {
    const locked = this.#rules.lockedVersion(on);
    if (locked === undefined) return false;
    if (!isDistTag(range)) return satisfies(locked, range as VersionRange);
    return this.#catalog.peek(on)?.distTags[range] === locked;
  }

  #create(table: VersionTable, option?: Package["option"]): Package {
    const pkg = createPackage(this.#nextId, table, this.#rules, option);
    this.#nextId += 1;
    this.#listener.onPackage(pkg);
    return pkg;
  }

  #isOverridden(on: PackageName): boolean {
    return this.#rules.override(on) !== undefined;
  }

  #effectiveRange(on: PackageName, { range }: Dependency): string {
    return this.#rules.override(on) ?? range;
  }

  /** `versions` of `dependent`, or the project, require `on`. Undefined where that is always met. */
  #addRequirement(
    dependent: Package | undefined,
    versions: VersionSet | undefined,
    on: PackageName,
    dependency: Dependency,
  ): Incompatibility | undefined {
    const target = this.#packages.get(on) as Package;
    const range = this.#effectiveRange(on, dependency);
    const wanted = target.table.setOf(range);
    if (!target.ranges.includes(range)) target.ranges.push(range);
    const terms: Term[] = [];
    let kind: RequirementFact["kind"] = "dependency";
    if (!this.#rules.isScopeAllowed(on)) kind = "forbiddenScope";
    else if (!target.table.exists) kind = "notFound";
    else if (isEmpty(wanted)) kind = "noVersions";
    if (dependent !== undefined && versions !== undefined) {
      const restricted = target === dependent ? difference(versions, wanted) : versions;
      if (isEmpty(restricted)) return undefined;
      terms.push(positive(dependent, restricted));
    }
    if (kind === "dependency" && target !== dependent) terms.push(negative(target, wanted));
    const isOverridden = this.#isOverridden(on);
    return this.#announce({ terms, cause: { kind, dependent, on: target, range, isOverridden } });
  }

  #addOption(
    dependent: Package | undefined,
    versions: VersionSet | undefined,
    on: PackageName,
    dependency: Dependency,
  ): Incompatibility {
    const range = this.#effectiveRange(on, dependency);
    const rank = optionRank(dependent, on, range);
    let option = this.#options.get(rank);
    if (option === undefined) {
      const isOverridden = this.#isOverridden(on);
      const isLocked = this.#isLocked(on, range);
      option = this.#create(optionTable(on), { dependent, on, range, isOverridden, isLocked, rank });
      this.#options.set(rank, option);
    }
    const terms = [negative(option, eitherSet)];
    if (dependent !== undefined && versions !== undefined) terms.push(positive(dependent, versions));
    return this.#announce({ terms, cause: { kind: "option", option } });
  }

  #addConflict(conflict: PendingConflict, otherName: PackageName): Incompatibility | undefined {
    const other = this.#packages.get(otherName);
    if (other === undefined) {
      const pending = this.#pendingConflicts.get(otherName);
      if (pending === undefined) this.#pendingConflicts.set(otherName, [conflict]);
      else pending.push(conflict);
      return undefined;
    }
    const { package: pkg, versions, range } = conflict;
    const excluded = conflictSet(other.table, range);
    if (isEmpty(excluded)) return undefined;
    return this.#announce({
      terms: [positive(pkg, versions), positive(other, excluded)],
      cause: { kind: "conflict", package: pkg, other, range },
    });
  }

  /** Asking for versions that are all unusable comes to the same as asking for versions that do not exist. */
  #announce(stated: Incompatibility): Incompatibility {
    const fact = withoutUnusable(stated);
    this.#listener.onFact(fact);
    return fact;
  }
}

/** As npm reads a range, but `*` means every version: who conflicts with all of a package means its prereleases too. */
export function conflictSet(table: VersionTable, range: string): VersionSet {
  if (isDistTag(range) || new Range(range).range !== "") return table.setOf(range);
  return versionsWhere(table.versions.length, () => true);
}

function known(fact: Incompatibility | undefined): Incompatibility[] {
  return fact === undefined ? [] : [fact];
}

/** In code-unit order, so that nothing depends on how a registry sorts its keys. */
function sortedKeys(record: Readonly<Record<PackageName, unknown>>): PackageName[] {
  return (Object.keys(record) as PackageName[]).sort();
}
