// SPDX-License-Identifier: Apache-2.0
import type { NewToken, Publisher } from "@lora/client/documents";
import { LoraError } from "@lora/client/errors";
import type { PackageName } from "@lora/client/names";
import { eq, lt } from "drizzle-orm";
import type { Action } from "../auth/index.ts";
import { issueToken } from "../auth/issue-token.ts";
import { type Database, tables } from "../database/index.ts";
import { CLAIMS, identityOf, refusedClaim, type WorkflowIdentity } from "./identity.ts";
import { listPublishers } from "./publishers.ts";
import type { VerifiedIdToken } from "./verify.ts";

const TOKEN_MS = 30 * 60 * 1000;
const TOKEN_ACTIONS: readonly Action[] = ["read", "publish-new", "publish-update"];
/** In the order in which a difference is told. */
const PARTS = ["ownerId", "repository", "workflow", "environment"] as const;

/**
 * A token for half an hour and one package, for a CI job that one of the package's publishers is.
 * @throws LoraError OIDC_REFUSED with the claim that failed
 */
export async function exchangeIdToken(
  db: Database,
  { issuer, claims }: VerifiedIdToken,
  name: PackageName,
): Promise<NewToken> {
  const identity = identityOf(issuer.provider, claims);
  const all = await listPublishers(db, name);
  const candidates = all.filter((each) => each.issuer === issuer.url && each.provider === issuer.provider);
  const publisher = findPublisher(candidates, identity, CLAIMS[issuer.provider], name);
  return db.transaction(async (tx) => {
    const { publishers, usedIdTokens } = tables;
    const now = new Date();
    await tx.delete(usedIdTokens).where(lt(usedIdTokens.expiresAt, new Date(now.getTime() - TOKEN_MS)));
    const first = await tx
      .insert(usedIdTokens)
      .values({ issuer: issuer.url, jti: claims.jti, expiresAt: new Date(claims.exp * 1000) })
      .onConflictDoNothing()
      .returning({ jti: usedIdTokens.jti });
    if (first.length === 0) throw refusedClaim("jti", claims.jti, "the token was used before");
    await tx.update(publishers).set({ lastUsedAt: now }).where(eq(publishers.id, publisher.id));
    return issueToken(
      tx,
      { kind: "publisher", publisherId: publisher.id, package: name },
      {
        name: `${identity.repository} ${identity.workflow}`.slice(0, 200),
        actions: TOKEN_ACTIONS,
        packages: [name],
        expiresAt: new Date(now.getTime() + TOKEN_MS),
      },
    );
  });
}

/**
 * Told is the first part in which no publisher that agrees in those before it agrees. What publishers a package has,
 * nobody learns but who speaks for one of their owners.
 */
function findPublisher(
  publishers: readonly Publisher[],
  identity: WorkflowIdentity,
  claims: Record<keyof WorkflowIdentity, string>,
  name: PackageName,
): Publisher {
  let agreeing = publishers;
  for (const part of PARTS) {
    const next = agreeing.filter((publisher) => agrees(publisher, identity, part));
    if (next.length === 0) {
      const error = refusedClaim(claims[part], identity[part], `no publisher of ${name} has it`);
      throw new LoraError(error.code, error.message, {
        hint: `name the workflow as a publisher: lora publisher add ${name}`,
        ...(error.details === undefined ? {} : { details: error.details }),
      });
    }
    agreeing = next;
  }
  return agreeing[0] as Publisher;
}

function agrees(publisher: Publisher, identity: WorkflowIdentity, part: keyof WorkflowIdentity): boolean {
  const wanted = publisher[part] ?? "";
  if (part === "environment") return wanted === "" || wanted === identity.environment;
  // Both systems take a repository's name in any case.
  if (part === "repository") return wanted.toLowerCase() === identity.repository.toLowerCase();
  return wanted === identity[part];
}
