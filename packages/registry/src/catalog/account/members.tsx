// SPDX-License-Identifier: Apache-2.0
/** Who has which role, with the forms that change it, of scopes and organisations alike. */
import { SCOPE_ROLES, type ScopeRole } from "@lora/client/documents";
import { formatDay } from "../format.ts";
import { TableScroll } from "../parts/index.ts";

export interface Member {
  /** `alice` or `org:acme` */
  name: string;
  role: ScopeRole;
  addedAt: string;
}

export interface MembersProps {
  members: readonly Member[];
  /** Where the forms go; below it is `/remove`. */
  action: string;
  /** Whether the visitor may change anything. */
  isOwner: boolean;
  /** What the form for a new member asks for. */
  label: string;
}

export function Members({ members, action, isOwner, label }: MembersProps) {
  return (
    <section aria-labelledby="members">
      <h2 id="members" class="section-label">
        Members
      </h2>
      {members.length === 0 ? (
        <p class="empty">Nobody has a role.</p>
      ) : (
        <TableScroll label="Members">
          <table class="data-table members-table stacked">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Role</th>
                <th scope="col">Since</th>
                {isOwner && (
                  <th scope="col">
                    <span class="visually-hidden">Remove</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {members.map((member) => (
                <Row member={member} action={action} isOwner={isOwner} />
              ))}
            </tbody>
          </table>
        </TableScroll>
      )}
      {isOwner ? (
        <form class="row-form" method="post" action={action}>
          <label>
            {label}
            <input name="member" maxlength={43} autocomplete="off" spellcheck={false} required />
          </label>
          <div class="field">
            <label for="new-role">Role</label>
            <Roles chosen="publisher" id="new-role" />
          </div>
          <button class="button" type="submit">
            Add
          </button>
        </form>
      ) : (
        <p class="faint">Only owners change who has which role.</p>
      )}
    </section>
  );
}

function Row({ member, action, isOwner }: { member: Member; action: string; isOwner: boolean }) {
  const { name, role, addedAt } = member;
  return (
    <tr>
      <th scope="row" class="wrap">
        {name}
      </th>
      <td data-label="Role">
        {isOwner ? (
          <form class="inline-form" method="post" action={action}>
            <input type="hidden" name="member" value={name} />
            <Roles chosen={role} label={`Role of ${name}`} />
            <button class="button button-quiet" type="submit" aria-label={`Change the role of ${name}`}>
              Change
            </button>
          </form>
        ) : (
          role
        )}
      </td>
      <td class="nowrap" data-label="Since">
        {formatDay(new Date(addedAt))}
      </td>
      {isOwner && (
        <td>
          <form method="post" action={`${action}/remove`}>
            <input type="hidden" name="member" value={name} />
            <button class="button button-quiet" type="submit" aria-label={`Remove ${name}`}>
              Remove
            </button>
          </form>
        </td>
      )}
    </tr>
  );
}

function Roles({ chosen, label, id }: { chosen: ScopeRole; label?: string; id?: string }) {
  return (
    <select name="role" id={id} aria-label={label}>
      {SCOPE_ROLES.map((role) => (
        <option value={role} selected={role === chosen}>
          {role}
        </option>
      ))}
    </select>
  );
}

/** The way back, and what a role is. */
export function RoleNotes() {
  return (
    <section>
      <h2>Roles</h2>
      <dl class="facts">
        <dt>reader</dt>
        <dd>sees private packages</dd>
        <dt>publisher</dt>
        <dd>publishes, deprecates, tags and yanks too</dd>
        <dt>owner</dt>
        <dd>says who has which role too</dd>
      </dl>
      <p>
        <a href="/account">Back to the account</a>
      </p>
    </section>
  );
}
