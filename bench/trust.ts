// SPDX-License-Identifier: Apache-2.0
/**
 * What trust costs.
 *
 *     node bench/trust.ts
 *
 * Releases per second through the log need PostgreSQL, in DATABASE_URL (scripts/services/postgres starts one).
 */
import { measureSequencing } from "./trust/sequencing.ts";

const postgres = process.env.DATABASE_URL;
if (postgres === undefined) console.log("DATABASE_URL is not set: the log is not measured");
else await measureSequencing(postgres);
