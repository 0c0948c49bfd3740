/** How far AMT is set up, and what a person is told of it. */
import { ControlMode, ProvisioningState } from '../protocol/index.ts';

export interface AmtMode {
  /** One of `ProvisioningState`. */
  readonly provisioning: number;
  /** One of `ControlMode`. */
  readonly control: number;
}

/** A sentence. */
export function describeMode({ provisioning, control }: AmtMode): string {
  if (control === ControlMode.CLIENT || control === ControlMode.ADMIN) {
    const mode = control === ControlMode.CLIENT ? 'client control mode' : 'admin control mode';
    return provisioning === ProvisioningState.POST
      ? `AMT is activated, in ${mode}.`
      : `AMT is half activated: it is in ${mode}, but its set-up has not ended.`;
  }
  if (control !== ControlMode.NONE) return `AMT is in control mode ${control}, which is not known.`;
  if (provisioning === ProvisioningState.PRE) return 'AMT is not activated.';
  if (provisioning === ProvisioningState.IN)
    return 'AMT is not activated; remote configuration is under way.';
  return `AMT is in no control mode, and says that its provisioning state is ${provisioning}.`;
}
