// SPDX-License-Identifier: Apache-2.0
/**
 * Passkeys (WebAuthn level 3): registered on the account's page, signed in with on the page for that. The browser and its
 * authenticator do the cryptography; this carries JSON between them and the registry. Where the browser has no passkeys, or
 * the page's address cannot have any, what is there to begin with stays as it is.
 */
const BASE = "/api/auth/passkey";

/** A passkey belongs to a domain: an address of digits has none. */
const canHavePasskeys =
  isSecureContext &&
  !/^[\d.]+$|^\[/.test(location.hostname) &&
  typeof PublicKeyCredential?.parseRequestOptionsFromJSON === "function";

class Refusal extends Error {}

async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`${BASE}${path}`, {
    ...(body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const { reason } = said.error?.details ?? {};
  if (reason === "SESSION_NOT_FRESH")
    throw new Refusal("You signed in long ago: sign out and in, then add it.");
  if (answer.status === 401 || answer.status === 404)
    throw new Refusal("The registry does not know this passkey.");
  throw new Refusal("The registry refused it.");
}

async function register(name: string): Promise<void> {
  const options = await ask<PublicKeyCredentialCreationOptionsJSON>("/generate-register-options");
  const made = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
  });
  await ask("/verify-registration", { response: (made as PublicKeyCredential).toJSON(), name });
}

async function signIn(): Promise<void> {
  const options = await ask<PublicKeyCredentialRequestOptionsJSON>("/generate-authenticate-options");
  const shown = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
  });
  await ask("/verify-authentication", { response: (shown as PublicKeyCredential).toJSON() });
}

function sayOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  // A browser says this of a person who closed its window and of an authenticator without a passkey alike.
  if (error instanceof DOMException && error.name === "NotAllowedError")
    return "No passkey was chosen, or there is none for this registry.";
  if (error instanceof DOMException && error.name === "InvalidStateError")
    return "This device has a passkey of the account already.";
  return "That did not work. Try again.";
}

function offer(form: HTMLFormElement, act: (form: HTMLFormElement) => Promise<void>): void {
  const problem = form.querySelector<HTMLElement>("[data-problem]");
  const button = form.querySelector("button");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (problem !== null) problem.hidden = true;
    if (button !== null) button.disabled = true;
    try {
      await act(form);
      location.assign("/account");
    } catch (error) {
      if (problem !== null) {
        problem.textContent = sayOf(error);
        problem.hidden = false;
      }
    } finally {
      if (button !== null) button.disabled = false;
    }
  });
}

if (canHavePasskeys) {
  const registering = document.querySelector<HTMLFormElement>("form[data-passkey-register]");
  const signingIn = document.querySelector<HTMLFormElement>("form[data-passkey-sign-in]");
  document.querySelector<HTMLElement>("[data-no-passkeys]")?.setAttribute("hidden", "");
  if (registering !== null) {
    offer(registering, (form) => register(String(new FormData(form).get("name") ?? "").trim()));
  }
  if (signingIn !== null) offer(signingIn, signIn);
}
