/** Why AMT cannot be asked, in the words of whoever wants to use it. */
import { AmthiError } from '../../amt/index.ts';
import { MeiError, type MeiErrorCode } from '../../transport/index.ts';
import { CliError } from '../exit.ts';

/** `unknown`: the machine has not said it. */
export type Absence = 'absent' | 'disabled' | 'busy' | 'unknown';

const SAID: Partial<Record<MeiErrorCode, readonly [amt: Absence, sentence: string, next: string]>> = {
  MEI_ERR_NO_CLIENT: [
    'absent',
    'this machine has no AMT: the firmware has no AMT host interface.',
    'AMT is part of vPro machines only. If this is one, look in the BIOS for Intel AMT or manageability: it may be turned off there.',
  ],
  MEI_ERR_NO_ANSWER: [
    'disabled',
    'AMT is disabled: its host interface answers without a byte.',
    'Enable it in the BIOS (Intel AMT) or in MEBx, which Ctrl-P opens while the machine starts.',
  ],
  MEI_ERR_BUSY: [
    'busy',
    "another program holds AMT's host interface, which takes one at a time.",
    'Try again in a moment; `fuser -v /dev/mei*` shows who has the device open (Intel LMS and other AMT tools do).',
  ],
};

/** How a command ends whose question AMT did not answer; undefined for what is no error of AMT or of its device. */
export function absenceOf(error: unknown): { readonly amt: Absence; readonly problem: CliError } | undefined {
  if (error instanceof MeiError) {
    const [amt, sentence, next] = SAID[error.code] ?? ['unknown', error.sentence, error.next];
    return { amt, problem: new CliError('environment', sentence, next) };
  }
  if (!(error instanceof AmthiError)) return undefined;
  if (error.code === 'AMTHI_ERR_DISABLED') return absenceOf(error.cause);
  return { amt: 'unknown', problem: new CliError('environment', error.sentence, error.next) };
}
