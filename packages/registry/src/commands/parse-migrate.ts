// SPDX-License-Identifier: Apache-2.0
import type { RegistryOptions } from "../options.ts";
import { parseFlags } from "./usage.ts";

export const MIGRATE_HELP = `  lora-registry migrate [--check] [--json] [--data DIR]
                   apply the migrations that the database lacks, as "serve" does at its start unless LORA_MIGRATE
                   is off; --check only lists them, and ends with 1 if there are any
`;

export interface MigrateCommand {
  kind: "migrate";
  isCheck: boolean;
  isJson: boolean;
  options: RegistryOptions;
}

/**
 * @param args what stands behind `migrate`
 * @param readOptions where the data lies
 * @throws LoraError USAGE
 */
export function parseMigrate(
  args: readonly string[],
  readOptions: (values: { data?: string | undefined }) => RegistryOptions,
): MigrateCommand {
  const {
    data,
    check = false,
    json = false,
  } = parseFlags({
    args: [...args],
    options: { data: { type: "string" }, check: { type: "boolean" }, json: { type: "boolean" } },
  }).values;
  return { kind: "migrate", isCheck: check, isJson: json, options: readOptions({ data }) };
}
