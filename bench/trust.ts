// SPDX-License-Identifier: Apache-2.0
/**
 * What trust costs.
 *
 *     node bench/trust.ts [install|log]
 *
 * Releases per second through the log need PostgreSQL, in DATABASE_URL (scripts/services/postgres starts one).
 */
import { measureInstall } from "./trust/install.ts";
import { measureSequencing } from "./trust/sequencing.ts";

const [chosen] = process.argv.slice(2);
const postgres = process.env.DATABASE_URL;
if (chosen !== "log") await measureInstall();
if (chosen === "install") process.exit();
if (postgres === undefined) console.log("DATABASE_URL is not set: the log is not measured");
else await measureSequencing(postgres);
