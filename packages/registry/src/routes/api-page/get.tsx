// SPDX-License-Identifier: Apache-2.0
import type { Deps } from "../../deps.ts";
import type { App, RequestContext } from "../../http/context.ts";
import { answerPage } from "../../http/plain-page.tsx";

const DOCUMENT = "/api/v1/openapi.json";
const METHODS = ["get", "post", "put", "delete"] as const;

interface Operation {
  method: string;
  path: string;
  summary: string;
  description: string;
  needsToken: boolean;
  body: object | undefined;
  answers: { status: string; description: string }[];
}

/** `/api`: the API's document, for people. */
export function getApiPage(app: App, { origin }: Deps) {
  let operations: Operation[] | undefined;
  return (c: RequestContext) => {
    operations ??= readOperations(app);
    return answerPage(
      c,
      origin,
      "The registry's API",
      <>
        <p>
          Made of <a href={DOCUMENT}>{DOCUMENT}</a> (OpenAPI 3.1). Send{" "}
          <code>Authorization: Bearer lora_…</code> where a token is needed. Every failure is{" "}
          <code>{'{"error":{"code","message","hint","details"}}'}</code>.
        </p>
        {operations.map((operation) => (
          <OperationDetails {...operation} />
        ))}
      </>,
    );
  };
}

function OperationDetails({ method, path, summary, description, needsToken, body, answers }: Operation) {
  return (
    <details>
      <summary>
        <code class="method">{method.toUpperCase()}</code> <code>{path}</code>
        <br />
        {summary}
      </summary>
      {description === "" ? null : <p>{description}</p>}
      <p>{needsToken ? "Needs a token." : "Needs no token."}</p>
      {body === undefined ? null : <pre>{JSON.stringify(body, null, 2)}</pre>}
      <ul>
        {answers.map(({ status, description }) => (
          <li>
            <code>{status}</code> {description}
          </li>
        ))}
      </ul>
    </details>
  );
}

function readOperations(app: App): Operation[] {
  const document = app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "lora", version: "1" } });
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      const { summary = "", description = "", security = [], requestBody, responses = {} } = operation;
      const content = requestBody !== undefined && "content" in requestBody ? requestBody.content : {};
      return [
        {
          method,
          path,
          summary,
          description,
          needsToken: security.length > 0,
          body: content["application/json"]?.schema as object | undefined,
          answers: Object.entries(responses).map(([status, answer]) => ({
            status,
            description: (answer as { description?: string }).description ?? "",
          })),
        },
      ];
    }),
  );
}
