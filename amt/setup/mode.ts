/** How far AMT is set up, and what a person is told of it. */

export interface AmtMode {
  /** AMTHI's provisioning state: 0 not provisioned, 1 a configuration server is looked for or at work, 2 provisioned. */
  readonly provisioning: number;
  /** AMTHI's control mode: 0 none, 1 client, 2 admin. */
  readonly control: number;
}

export const PROVISIONING = { pre: 0, in: 1, post: 2 } as const;
export const CONTROL = { none: 0, client: 1, admin: 2 } as const;

/** A sentence. */
export function describeMode({ provisioning, control }: AmtMode): string {
  if (control === CONTROL.client || control === CONTROL.admin) {
    const mode = control === CONTROL.client ? 'client control mode' : 'admin control mode';
    return provisioning === PROVISIONING.post
      ? `AMT is activated, in ${mode}.`
      : `AMT is half activated: it is in ${mode}, but its set-up has not ended.`;
  }
  if (control !== CONTROL.none) return `AMT is in control mode ${control}, which is not known.`;
  if (provisioning === PROVISIONING.pre) return 'AMT is not activated.';
  if (provisioning === PROVISIONING.in) return 'AMT is not activated; remote configuration is under way.';
  return `AMT is in no control mode, and says that its provisioning state is ${provisioning}.`;
}
