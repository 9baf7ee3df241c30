// SPDX-License-Identifier: Apache-2.0
export { mountCatalog } from "./routes.ts";
