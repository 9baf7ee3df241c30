// SPDX-License-Identifier: Apache-2.0
/** What the page for logins of the command line shows, in each of its states. */
import type { DeviceLogin, Viewer } from "../../accounts/index.ts";

export const TITLE = "Log in to the command line";

export function SignInForm({ userCode, failed }: { userCode: string; failed?: boolean }) {
  return (
    <form method="post" action="/device">
      {failed ? <p role="alert">The address or the password is wrong.</p> : null}
      <p>Sign in first, to say whose the login is.</p>
      <input type="hidden" name="user_code" value={userCode} />
      <label>
        E-mail address
        <input name="email" type="email" autocomplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <button type="submit" name="action" value="sign-in">
        Sign in
      </button>
    </form>
  );
}

export function CodeForm({ unknown }: { unknown?: boolean }) {
  return (
    <form method="get" action="/device">
      {unknown ? <p role="alert">There is no such code, or it is no longer good.</p> : null}
      <label>
        The code that your terminal shows
        <input name="user_code" autocomplete="off" required />
      </label>
      <button type="submit">Go on</button>
    </form>
  );
}

export function DecisionForm(props: { viewer: Viewer; userCode: string; login: DeviceLogin }) {
  const { viewer, userCode, login } = props;
  return (
    <form method="post" action="/device">
      <p>
        <strong>{login.label}</strong> asks to act as <strong>{viewer.name}</strong>, with all that this
        account may do. It says that it shows this code:
      </p>
      <p class="code">
        <code>{userCode}</code>
      </p>
      <p>Approve only if you have just run lora login yourself, and your terminal shows this very code.</p>
      <input type="hidden" name="user_code" value={userCode} />
      <button type="submit" name="action" value="approve">
        Approve
      </button>
      <button type="submit" name="action" value="deny">
        Deny
      </button>
    </form>
  );
}

export function Decided({ approved }: { approved: boolean }) {
  return (
    <p role="status">
      {approved ? "Approved. Your terminal goes on by itself; this page can be closed." : "Denied."}
    </p>
  );
}
