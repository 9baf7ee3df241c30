// SPDX-License-Identifier: Apache-2.0
/** What a process tells Prometheus. Each registry has numbers of its own, so that two in a process do not mix theirs. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  /** @param route as the app names it, not as the client wrote it: of those there are only so many */
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  /** An answer from memory. */
  countKept(): void;
  /** An attempt to deliver to a webhook; `given-up` is a failed one that no other follows. */
  countAttempt(outcome: "delivered" | "failed" | "given-up"): void;
  /** In the text format of Prometheus. */
  render(): Promise<{ type: string; text: string }>;
}

/** @param state asked when somebody looks */
export function createMetrics(state: {
  isLogHalted(): boolean;
  /** Of all processes. */
  countWaitingForWebhooks?(): Promise<number>;
}): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const requests = new Histogram({
    name: "lora_request_seconds",
    help: "Requests, by route and status, and how long until their answer began",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [register],
  });
  const kept = new Counter({
    name: "lora_answers_from_memory_total",
    help: "Index files, manifests and signatures that were served without asking the database",
    registers: [register],
  });
  new Gauge({
    name: "lora_log_halted",
    help: "1 while the log signs nothing, because its history was found changed",
    registers: [register],
    collect() {
      this.set(state.isLogHalted() ? 1 : 0);
    },
  });
  const attempts = new Counter({
    name: "lora_webhook_attempts_total",
    help: "Attempts of this process to deliver events to webhooks",
    labelNames: ["outcome"],
    registers: [register],
  });
  const { countWaitingForWebhooks } = state;
  if (countWaitingForWebhooks !== undefined) {
    new Gauge({
      name: "lora_webhooks_waiting",
      help: "Events that are still to be delivered to webhooks, by whichever process",
      registers: [register],
      async collect() {
        // Without the database the other numbers count all the more; this one stays as it was.
        const waiting = await countWaitingForWebhooks().catch(() => undefined);
        if (waiting !== undefined) this.set(waiting);
      },
    });
  }
  return {
    observeRequest({ method, route, status, seconds }) {
      requests.observe({ method, route, status }, seconds);
    },
    countKept: () => kept.inc(),
    countAttempt: (outcome) => attempts.inc({ outcome }),
    render: async () => ({ type: register.contentType, text: await register.metrics() }),
  };
}
