// SPDX-License-Identifier: Apache-2.0
import { TOKEN_ACTIONS, type TokenAction } from "@lora/client/documents";

export const ACTIONS = TOKEN_ACTIONS;
export type Action = TokenAction;
