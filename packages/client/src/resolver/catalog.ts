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
  /**
   * Asks for the index file unless that was done before. Rejects as the source does.
   * @param isGuess whether it may wait until everything is asked for that is surely needed
   */
  load(name: PackageName, isGuess?: boolean): Promise<VersionTable>;
  /** Starts nothing any more; what is under way may end. */
  close(): void;
}

export function createCatalog(source: PackageSource): Catalog {
  const tables = new Map<PackageName, VersionTable>();
  const pending = new Map<PackageName, Promise<VersionTable>>();
  /** Starts of what was asked for and not begun, oldest first. */
  const needed = new Map<PackageName, () => void>();
  const guessed = new Map<PackageName, () => void>();
  let running = 0;
  let isClosed = false;

  const startNext = () => {
    while (running < MAX_CONCURRENT_FETCHES && !isClosed) {
      const queue = needed.size > 0 ? needed : guessed;
      const [next] = queue;
      if (next === undefined) return;
      queue.delete(next[0]);
      running += 1;
      next[1]();
    }
  };

  const fetchTable = async (name: PackageName): Promise<VersionTable> => {
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
    load(name, isGuess = false) {
      let table = pending.get(name);
      const start = guessed.get(name);
      if (table === undefined) {
        if (running < MAX_CONCURRENT_FETCHES && !isClosed) {
          running += 1;
          table = fetchTable(name);
        } else {
          table = new Promise((resolve) => {
            (isGuess ? guessed : needed).set(name, () => resolve(fetchTable(name)));
          });
        }
        // A guess may fail without anybody waiting for it.
        table.catch(() => {});
        pending.set(name, table);
      } else if (start !== undefined && !isGuess) {
        guessed.delete(name);
        needed.set(name, start);
      }
      return table;
    },
    close() {
      isClosed = true;
      needed.clear();
      guessed.clear();
    },
  };
}
