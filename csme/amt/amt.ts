/**
 * The emulated AMT itself, apart from the ways to reach it: its state, what commands make of it, who hears of changes.
 *
 *     const amt = new Amt(UNPROVISIONED);
 *     amt.onChange(({ command, state }) => console.log(command.type, state.controlMode));
 *     amt.perform(nowMs, { type: 'setup', ha1 }); // 0: AMT's status for success
 */
import { parseGuid } from '../../sap/index.ts';
import type { AmtCommand } from './commands.ts';
import { PROVISIONED } from './profiles.ts';
import { type AmtState, LOCAL_USER } from './state.ts';
import { step } from './step.ts';

export interface AmtOptions extends AmtState {
  /** Of the local account; 1 to 32 characters of ASCII. Left out: one that is no secret, for tests. */
  readonly localPassword: string;
}

export interface AmtChange {
  readonly atMs: number;
  readonly command: AmtCommand;
  readonly before: AmtState;
  readonly state: AmtState;
}

export class Amt {
  #state: AmtState;
  readonly #localPassword: string;
  readonly #listeners = new Set<(change: AmtChange) => void>();

  /** What is given stands in the place of a provisioned AMT in admin control mode. Throws a RangeError for nonsense. */
  constructor(options: Partial<AmtOptions> = {}) {
    const { localPassword = 'local-account-of-tests', ...state } = options;
    this.#state = { ...PROVISIONED, ...state };
    this.#localPassword = localPassword;
    check(this.#state, localPassword);
  }

  /** Replaced, never changed: ask again for what is so now. */
  get state(): AmtState {
    return this.#state;
  }

  /**
   * Does it, or refuses it and changes nothing.
   *
   * @param nowMs milliseconds of the caller's clock, for who hears of the change.
   * @returns AMT's status: 0 for success, else why not.
   */
  perform(nowMs: number, command: AmtCommand): number {
    const before = this.#state;
    const { status, state } = step(before, command);
    this.#state = state;
    if (state !== before) {
      for (const listener of [...this.#listeners]) listener({ atMs: nowMs, command, before, state });
    }
    return status;
  }

  /** What GET_LOCAL_SYSTEM_ACCOUNT gives. */
  localAccount(): { readonly user: string; readonly password: string } {
    return { user: LOCAL_USER, password: this.#localPassword };
  }

  /** Who may log on over the network: user and MD5 of `user:realm:password` in hex. Nobody while not provisioned. */
  accounts(): ReadonlyMap<string, string> {
    return new Map(Object.entries(this.#state.accounts));
  }

  /** Calls `listener` after every change, when the new state can be read. Gives what ends that. */
  onChange(listener: (change: AmtChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function check(state: AmtState, localPassword: string): void {
  const { uuid, realm, version, provisioningState, controlMode } = state;
  if (parseGuid(uuid) === undefined) {
    throw new RangeError(`uuid is '${uuid}': it is such as 4c4c4544-0053-4150-8057-4f4f44303030.`);
  }
  if (!/^Digest:[0-9A-F]{32}$/.test(realm)) {
    throw new RangeError(`realm is '${realm}': it is Digest: and 32 upper-case hex digits.`);
  }
  if (!/^\d{1,5}(\.\d{1,5}){3}$/.test(version)) {
    throw new RangeError(`version is '${version}': it is four numbers, such as 16.1.25.2049.`);
  }
  if ((provisioningState === 2) !== (controlMode !== 0)) {
    throw new RangeError(
      `controlMode is ${controlMode} with provisioningState ${provisioningState}: AMT has a control mode (1 or 2) exactly when it is provisioned (2).`,
    );
  }
  if (!/^[!-~]{1,32}$/.test(localPassword)) {
    throw new RangeError('localPassword is not 1 to 32 printable characters of ASCII without spaces.');
  }
}
