// SPDX-License-Identifier: Apache-2.0
import type { Deps } from "../deps.ts";
import type { App } from "../http/context.ts";
import { addNewWebhook, addWebhookRoute } from "./webhooks/add.ts";
import { listAllWebhooks, listWebhooksRoute } from "./webhooks/list.ts";
import { removeOneWebhook, removeWebhookRoute } from "./webhooks/remove.ts";
import { testOneWebhook, testWebhookRoute } from "./webhooks/test.ts";

/** Who is told of what happens: for operators. */
export function addWebhookRoutes(app: App, deps: Deps): void {
  app.openapi(listWebhooksRoute, listAllWebhooks(deps));
  app.openapi(addWebhookRoute, addNewWebhook(deps));
  app.openapi(removeWebhookRoute, removeOneWebhook(deps));
  app.openapi(testWebhookRoute, testOneWebhook(deps));
}
