// SPDX-License-Identifier: Apache-2.0
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Logger } from "pino";

export interface AppEnv {
  Variables: {
    requestId: string;
    /** Names the request in every line. */
    log: Logger;
    /** Of the client, where it is known. */
    address?: string;
  };
}
export type App = OpenAPIHono<AppEnv>;
export type RequestContext = Context<AppEnv>;
