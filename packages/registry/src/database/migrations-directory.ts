// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PACKAGE_ROOT } from "../package-root.ts";

/**
 * Where the SQL lies: inside the package when it was installed (`prepack` copies it there), at the root of the
 * repository when it was not.
 */
export function migrationsDirectory(): string {
  const candidates = ["migrations", "../../migrations"].map((path) =>
    fileURLToPath(new URL(path, PACKAGE_ROOT)),
  );
  const found = candidates.find((path) => existsSync(`${path}/meta/_journal.json`));
  if (found === undefined) throw new Error(`no migrations in ${candidates.join(" nor in ")}`);
  return found;
}
