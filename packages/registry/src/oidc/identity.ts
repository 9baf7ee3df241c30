// SPDX-License-Identifier: Apache-2.0
/**
 * Which workflow a CI system's token speaks for. The claims, as the systems document them:
 *
 *                  GitHub Actions                                         GitLab
 *     ownerId      repository_owner_id "9919"                             namespace_id "72"
 *     repository   repository "octo/abilities"                            project_path "octo/abilities"
 *     workflow     workflow_ref "octo/abilities/.github/workflows/        ci_config_ref_uri "gitlab.com/octo/abilities//
 *                    release.yml@refs/heads/main"                           .gitlab-ci.yml@refs/heads/main"
 *     environment  environment "production"                               environment "production"
 *     refused      event_name pull_request…                               pipeline_source merge_request_event, …
 *
 * A pull request runs a stranger's code with the repository's name on it, so its token is worth nothing here.
 */
import { LoraError } from "@lora/client/errors";
import type { Provider } from "./issuers.ts";

export interface WorkflowIdentity {
  ownerId: string;
  repository: string;
  workflow: string;
  /** Empty for a job without one. */
  environment: string;
}

/** Of each part of an identity, the claim that it comes from. */
export const CLAIMS: Record<Provider, Record<keyof WorkflowIdentity, string>> = {
  github: {
    ownerId: "repository_owner_id",
    repository: "repository",
    workflow: "workflow_ref",
    environment: "environment",
  },
  gitlab: {
    ownerId: "namespace_id",
    repository: "project_path",
    workflow: "ci_config_ref_uri",
    environment: "environment",
  },
};

type Claims = Record<string, unknown>;

/**
 * @param claims of a token whose signature, issuer, audience and times hold
 * @throws LoraError OIDC_REFUSED
 */
export function identityOf(provider: Provider, claims: Claims): WorkflowIdentity {
  assertNoPullRequest(provider, claims);
  const names = CLAIMS[provider];
  const repository = textOf(claims, names.repository);
  const reference = textOf(claims, names.workflow);
  return {
    ownerId: textOf(claims, names.ownerId),
    repository,
    workflow: provider === "github" ? githubFile(reference, repository) : gitlabFile(reference, repository),
    environment: claims.environment === undefined ? "" : textOf(claims, "environment"),
  };
}

function assertNoPullRequest(provider: Provider, claims: Claims): void {
  const name = provider === "github" ? "event_name" : "pipeline_source";
  const event = textOf(claims, name);
  const isPullRequest =
    provider === "github"
      ? event.startsWith("pull_request")
      : ["merge_request_event", "external_pull_request_event"].includes(event);
  if (!isPullRequest) return;
  throw refusedClaim(name, event, "a pull request may run anybody's code, and publishes nothing");
}

function githubFile(reference: string, repository: string): string {
  const [path = ""] = reference.split("@");
  const prefix = `${repository}/.github/workflows/`;
  if (path.startsWith(prefix)) return path.slice(prefix.length);
  throw refusedClaim("workflow_ref", reference, `it is no workflow of ${repository}`);
}

function gitlabFile(reference: string, repository: string): string {
  const at = reference.indexOf(`/${repository}//`);
  const [file = ""] = at < 0 ? [] : reference.slice(at + repository.length + 3).split("@");
  if (file !== "") return file;
  throw refusedClaim("ci_config_ref_uri", reference, `it is no file of ${repository}`);
}

function textOf(claims: Claims, name: string): string {
  const value = claims[name];
  if (typeof value === "number") return String(value);
  if (typeof value === "string" && value.length > 0 && value.length <= 500) return value;
  throw refusedClaim(name, undefined, "the token does not have it");
}

export function refusedClaim(claim: string, found: string | undefined, why: string): LoraError {
  const value = found === undefined ? "" : ` ${JSON.stringify(found.slice(0, 200))}`;
  return new LoraError("OIDC_REFUSED", `the CI token's claim ${claim}${value} is refused: ${why}`, {
    details: { claim, ...(found === undefined ? {} : { found: found.slice(0, 200) }) },
  });
}
