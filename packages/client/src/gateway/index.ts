// SPDX-License-Identifier: Apache-2.0
export { type ChatMessage, type ChatRequest, chatAnswer } from "./chat-answer.ts";
export type { FuseMode } from "./fused-default.ts";
export {
  DEFAULT_PARALLEL,
  type Gateway,
  type GatewayEvent,
  type GatewayOptions,
  type GatewayRequest,
  startGateway,
} from "./gateway.ts";
export { parseModelName } from "./model-name.ts";
export { type Announcement, findGateways } from "./pins.ts";
export type { RelayAnswer } from "./relay.ts";
export type { ServedStack } from "./served-stack.ts";
export { type GatewayStatus, gatewayStatusSchema } from "./status.ts";
