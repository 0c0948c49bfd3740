/** Link protection: what the WLAN driver is told of CSME's association, and whether it may use the card. */
import { bytesOfHex, type ConnectionInfo, formatMac, hexOf, SSID_MAX_LEN } from '../../../sap/index.ts';
import type { OperationEvent, TraceArgs } from '../../event.ts';
import type { Case, Located } from '../case.ts';
import type { RuleId } from '../catalogue.ts';
import type { Found } from '../inbox.ts';
import type { Monitor } from './monitor.ts';

export class ProtectionMonitor implements Monitor {
  readonly #case: Case;
  /** Link protection was ever asked for on this link. */
  #everProtected = false;
  #everTaken = false;

  constructor(c: Case) {
    this.#case = c;
  }

  found({ message, event }: Found): void {
    const { link, settings } = this.#case;
    const hasDriver = settings.driver === 'registered';
    switch (message?.name) {
      case 'CSME_CONN_STATUS':
        if (message.linkProtState !== 0) this.#everProtected = true;
        this.#status(event, message.linkProtState, message.connectionInfo, hasDriver && link.amt === true);
        return;
      case 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ':
        if (message.granted !== 0) this.#release(event, 'lp.rfkill', hasDriver && link.amt === true);
        return;
      case 'AMT_STATE':
        if (message.enabled === 0 && link.amt === true) this.#release(event, 'lp.rfkill', hasDriver);
        return;
      case 'CSME_TAKING_OWNERSHIP':
        this.#everTaken = true;
        return;
    }
  }

  told(event: OperationEvent): void {
    const { tells, nowMs, ledger } = this.#case;
    const arrival = tells.arrive(event.name, event.args, event, nowMs);
    if (event.name !== 'rfkill' || (arrival && 'wrong' in arrival)) return;
    ledger.asked('lp.rfkill');
    if (arrival || event.args.blocked !== 1 || this.#case.link.phase === 'none') return;
    if (event.args.csme_taking_ownership === 1 ? !this.#everTaken : !this.#everProtected) {
      const why = event.args.csme_taking_ownership === 1 ? 'CSME takes nothing' : 'no link is protected';
      this.#case.find('lp.rfkill', event, 'rfkill released', `rfkill blocked although ${why}`);
    }
  }

  joined(): void {
    this.#everProtected = true;
    this.#everTaken = true;
  }

  linkEnded(): void {
    this.#everProtected = false;
    this.#everTaken = false;
  }

  #status(event: Located, linkProtState: number, info: ConnectionInfo, must: boolean): void {
    // The reference cuts the length to 8 bits before it looks at it.
    const usable = info.ssidLen <= SSID_MAX_LEN;
    if (!usable && (info.ssidLen & 0xff) > SSID_MAX_LEN) return;
    const binding = must && usable && this.#case.link.owner !== undefined;
    const { link } = this.#case;
    this.#demand(event, 'me_conn_status', binding, 'lp.status', 'me_conn_status as CSME sent it', (args) =>
      differsFrom(linkProtState, info, args),
    );
    const on = linkProtState !== 0 ? 1 : 0;
    if (link.owner) {
      this.#demand(event, 'roaming_forbidden', binding, 'lp.roaming', `roaming_forbidden(${on})`, (args) =>
        args.forbidden === on ? undefined : `forbidden ${on}`,
      );
    } else {
      this.#demand(event, 'rfkill', binding, 'lp.rfkill', `rfkill(${on}, 0)`, (args) =>
        args.blocked === on && args.csme_taking_ownership === 0
          ? undefined
          : `blocked ${on}, CSME not taking`,
      );
    }
  }

  #release(event: Located, rule: RuleId, must: boolean): void {
    this.#demand(event, 'rfkill', must, rule, 'rfkill released', (args) =>
      args.blocked === 0 && args.csme_taking_ownership === 0 ? undefined : 'rfkill released',
    );
  }

  #demand(
    event: Located,
    kind: string,
    must: boolean,
    rule: RuleId,
    expected: string,
    differs: (args: TraceArgs) => string | undefined,
  ): void {
    const { tells, nowMs, behind } = this.#case;
    const need = this.#case.need(must);
    tells.add({
      kind,
      need,
      rule: behind ? 'hostile.skipped' : rule,
      wrong: rule,
      expected,
      differs,
      cause: behind ? [behind, event] : [event],
      atMs: nowMs,
    });
  }
}

/** What the WLAN driver has to be told instead; numbers may be cut to the 8 bits that its interface has. */
function differsFrom(linkProtState: number, info: ConnectionInfo, args: TraceArgs): string | undefined {
  const ssid = typeof args.ssid === 'string' ? bytesOfHex(args.ssid) : undefined;
  const wanted = info.ssid.subarray(0, info.ssidLen <= SSID_MAX_LEN ? info.ssidLen : info.ssidLen & 0xff);
  const numbers: readonly [string, number][] = [
    ['lp_state', linkProtState],
    ['auth_mode', info.authMode],
    ['pairwise_cipher', info.pairwiseCipher],
    ['ssid_len', info.ssidLen],
    ['channel', info.channel],
    ['band', info.band],
  ];
  for (const [name, value] of numbers) {
    if (args[name] !== value && args[name] !== (value & 0xff)) return `${name} ${value}`;
  }
  if (args.bssid !== formatMac(info.bssid)) return `bssid ${formatMac(info.bssid)}`;
  const same = ssid !== undefined && wanted.every((byte, i) => ssid[i] === byte);
  return same ? undefined : `ssid ${hexOf(wanted)}`;
}
