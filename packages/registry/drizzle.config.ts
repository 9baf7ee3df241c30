// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "drizzle-kit";

/** `pnpm --filter @lora/registry migration --name what-it-does` writes the SQL that src/database/schema/ asks for. */
export default defineConfig({
  dialect: "postgresql",
  schema: "./src/database/schema",
  out: "../../migrations",
});
