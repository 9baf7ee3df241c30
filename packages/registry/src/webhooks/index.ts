// SPDX-License-Identifier: Apache-2.0
export { type Deliveries, type DeliveryTimes, startDeliveries } from "./deliver.ts";
export {
  addWebhookRequestSchema,
  type NewWebhook,
  newWebhookSchema,
  removedWebhookSchema,
  testedWebhookSchema,
  type WebhookInfo,
  webhooksResponseSchema,
} from "./documents.ts";
export { WEBHOOK_EVENTS, type WebhookEvent } from "./event.ts";
export {
  addWebhook,
  listWebhooks,
  MAX_WEBHOOKS,
  removeWebhook,
  testWebhook,
  type WebhookRequest,
} from "./manage.ts";
export { countWaiting, giveUpWaiting } from "./outbox.ts";
export { parseReceiverUrl } from "./receiver-url.ts";
