// SPDX-License-Identifier: Apache-2.0
import type { NewWebhook, WebhookInfo, WebhookRequest } from "../webhooks/index.ts";
import { addWebhook, listWebhooks, parseReceiverUrl, removeWebhook, testWebhook } from "../webhooks/index.ts";
import { originOf, withStartedData } from "./operator.ts";
import type { WebhookAct, WebhookCommand } from "./parse-webhook.ts";
import { remoteWebhooks } from "./remote-webhooks.ts";

/** What can be done with webhooks, wherever they are kept. */
export interface WebhookPlace {
  add(request: WebhookRequest): Promise<NewWebhook>;
  list(): Promise<WebhookInfo[]>;
  /** @throws LoraError NOT_FOUND */
  remove(id: number): Promise<void>;
  /** @throws LoraError NOT_FOUND, WEBHOOK_FAILED */
  test(id: number): Promise<{ id: number; outcome: string }>;
}

/** Returns what the operator is told. @throws LoraError */
export async function runWebhook({ what, isJson, remote, options }: WebhookCommand): Promise<string> {
  if (remote !== undefined) return act(remoteWebhooks(remote), what, isJson);
  const { isPrivateReceiverAllowed: isPrivateAllowed = false } = options;
  if (what.do === "add") parseReceiverUrl(what.url, isPrivateAllowed);
  return withStartedData(options, async (data) => {
    const { db } = data.database;
    const place: WebhookPlace = {
      add: (request) => addWebhook(db, request, isPrivateAllowed),
      list: () => listWebhooks(db),
      remove: (id) => removeWebhook(db, id),
      test: async (id) => testWebhook(db, id, { origin: await originOf(data), isPrivateAllowed }),
    };
    return act(place, what, isJson);
  });
}

async function act(place: WebhookPlace, what: WebhookAct, isJson: boolean): Promise<string> {
  const said = (value: unknown, text: string) => (isJson ? `${JSON.stringify(value)}\n` : text);
  if (what.do === "ls") {
    const webhooks = await place.list();
    return said({ webhooks }, webhooks.map(describe).join(""));
  }
  if (what.do === "add") {
    const { do: _add, ...request } = what;
    const made = await place.add(request);
    return said(
      made,
      `Webhook ${made.id} tells ${made.url} of ${wantedBy(made)}.\nSecret, shown this once: ${made.secret}\n`,
    );
  }
  if (what.do === "rm") {
    await place.remove(what.id);
    return said({ id: what.id }, `Webhook ${what.id} is gone, and what waited for it.\n`);
  }
  const tested = await place.test(what.id);
  return said(tested, `Webhook ${tested.id} took it: ${tested.outcome}.\n`);
}

function wantedBy({ events, scope }: WebhookInfo): string {
  return `${events?.join(", ") ?? "every event"}${scope === undefined ? "" : ` of ${scope}`}`;
}

function describe(webhook: WebhookInfo): string {
  const { id, url, disabledAt, lastAttemptAt, lastOutcome, failures, waiting, givenUp } = webhook;
  const state =
    disabledAt !== undefined
      ? `switched off ${disabledAt}: its receiver is gone`
      : lastOutcome === undefined
        ? "nothing sent yet"
        : `${lastOutcome}, ${lastAttemptAt}`;
  const counts = [
    `${waiting} waiting`,
    ...(failures > 0 ? [`${failures} failed attempts in a row`] : []),
    ...(givenUp > 0 ? [`${givenUp} given up`] : []),
  ];
  return `${id}\t${url}\t${wantedBy(webhook)}\t${state}\t${counts.join(", ")}\n`;
}
