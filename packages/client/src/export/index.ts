// SPDX-License-Identifier: Apache-2.0
export { exportLlamaServer } from "./llama-server.ts";
