// SPDX-License-Identifier: Apache-2.0
export {
  type Database,
  type DatabaseConnection,
  isDatabaseUnavailable,
  openPglite,
  openPostgres,
  type Queryable,
  type Transaction,
} from "./connect.ts";
export * as tables from "./schema.ts";
export { readSetting, type Setting, settleSetting } from "./settings.ts";
