// SPDX-License-Identifier: Apache-2.0
export { exchangeIdToken } from "./exchange.ts";
export { allowedIssuers, type IssuerOption, parseIssuers } from "./issuers.ts";
export { addPublisher, listPublishers, removePublisher } from "./publishers.ts";
export { createIdTokenVerifier } from "./verify.ts";
