// SPDX-License-Identifier: Apache-2.0
/** What a process tells Prometheus. Each registry has numbers of its own, so that two in a process do not mix theirs. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  /** @param route as the app names it, not as the client wrote it: of those there are only so many */
  observeRequest(request: { method: string; route: string; status: number; seconds: number }): void;
  /** An answer from memory. */
  countKept(): void;
  /** In the text format of Prometheus. */
  render(): Promise<{ type: string; text: string }>;
}

/** @param state asked when somebody looks */
export function createMetrics(state: { isLogHalted(): boolean }): Metrics {
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
  return {
    observeRequest({ method, route, status, seconds }) {
      requests.observe({ method, route, status }, seconds);
    },
    countKept: () => kept.inc(),
    render: async () => ({ type: register.contentType, text: await register.metrics() }),
  };
}
