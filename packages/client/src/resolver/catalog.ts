// SPDX-License-Identifier: Apache-2.0
/** Index files, each asked for at most once and at most 32 at a time, as tables. */
import type { PackageIndex } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import type { PackageName } from "../names.ts";
import { tableOf, type VersionTable } from "./version-table.ts";

/** Where index files come from: a registry, a cache, a test. */
export interface PackageSource {
  /**
   * undefined: there is no such package.
   * @throws LoraError when that cannot be found out: REGISTRY_UNREACHABLE, OFFLINE, REGISTRY_PROTOCOL…
   */
  index(name: PackageName): Promise<PackageIndex | undefined>;
}

export const MAX_CONCURRENT_FETCHES = 32;

export interface Catalog {
  /** The table, if it has arrived. */
  peek(name: PackageName): VersionTable | undefined;
  /** Asks for the index file unless that was done before. Rejects as the source does. */
  load(name: PackageName): Promise<VersionTable>;
  /** Starts nothing any more; what is under way may end. */
  close(): void;
}

export function createCatalog(source: PackageSource): Catalog {
  const tables = new Map<PackageName, VersionTable>();
  const pending = new Map<PackageName, Promise<VersionTable>>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let isClosed = false;

  const startNext = () => {
    while (running < MAX_CONCURRENT_FETCHES && !isClosed) {
      const start = waiting.shift();
      if (start === undefined) return;
      running += 1;
      start();
    }
  };

  const fetchTable = async (name: PackageName): Promise<VersionTable> => {
    await new Promise<void>((start) => {
      waiting.push(start);
      startNext();
    });
    try {
      const index = await source.index(name);
      if (index !== undefined && index.name !== name) {
        throw new LoraError(
          "REGISTRY_PROTOCOL",
          `the registry answered with ${index.name} when asked for ${name}`,
        );
      }
      const table = tableOf(name, index);
      tables.set(name, table);
      return table;
    } finally {
      running -= 1;
      startNext();
    }
  };

  return {
    peek: (name) => tables.get(name),
    load(name) {
      let table = pending.get(name);
      if (table === undefined) {
        table = fetchTable(name);
        // A guess of the prefetcher may fail without anybody waiting for it.
        table.catch(() => {});
        pending.set(name, table);
      }
      return table;
    },
    close() {
      isClosed = true;
      waiting.length = 0;
    },
  };
}
