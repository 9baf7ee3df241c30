// SPDX-License-Identifier: Apache-2.0
// Not the drivers: who opens a connection loads the one that it needs.
export {
  type Database,
  type DatabaseConnection,
  isDatabaseUnavailable,
  type Queryable,
  type Transaction,
} from "./connection.ts";
export {
  listMigrations,
  type MigrationMode,
  type MigrationState,
  readMigrationState,
} from "./migrate.ts";
export { query } from "./query.ts";
export { readSetting, type Setting, settleSetting } from "./settings.ts";
export * as tables from "./tables.ts";
