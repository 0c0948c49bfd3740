/** What the host tells CSME about itself: the initial configuration, and settings as they come. */
import type { Association, CommandName, Commands } from '../../../ownership/index.ts';
import {
  declOf,
  encodeSap,
  type KnownMessage,
  SAP_HEADER_LEN,
  type SapDraft,
  SSID_MAX_LEN,
} from '../../../sap/index.ts';
import type { CommandEvent } from '../../event.ts';
import { ArgumentError, commandArgs, isCommand } from '../../replay/index.ts';
import type { Case, Located, Read } from '../case.ts';
import type { Duty } from '../duties.ts';
import type { Found } from '../inbox.ts';
import { AT_ONCE_MS } from '../tolerance.ts';
import type { Monitor } from './monitor.ts';
import { collocatedOnly, differs, inWords, linkUp } from './setting-message.ts';

type Name = KnownMessage['name'];
/** In the order of the initial configuration. */
const CONFIGURATION: readonly Name[] = [
  'WIFIDR_UP',
  'WHO_OWNS_NIC',
  'HOST_LINK_UP',
  'COUNTRY_CODE',
  'SAR_LIMITS',
  'NIC_INFO',
  'RADIO_STATE',
];
const LIVE: readonly Name[] = [...CONFIGURATION, 'HOST_LINK_DOWN', 'WIFIDR_DOWN'];
const MULTICAST = 2 ** 40;
const BOTH_DEASSERTED = 3;

export class SettingsMonitor implements Monitor {
  readonly #case: Case;
  #block = 0;

  constructor(c: Case) {
    this.#case = c;
  }

  found({ message, event }: Found): void {
    if (message?.name !== 'AMT_STATE') return;
    const { link } = this.#case;
    const on = message.enabled !== 0;
    if (on && link.amt !== true) this.#configure(event, link.amt === false);
  }

  command(event: CommandEvent): void {
    if (event.name === 'unregister' || event.name === 'unregister_complete') return this.#driverGone(event);
    if (!isCommand(event.name)) return;
    const { link, settings } = this.#case;
    const live = link.phase === 'connected' && !link.leaving ? link.amt : false;
    const before = { ...settings };
    this.#keep(event);
    if (live === false) return this.#case.ledger.asked('settings.quiet');
    switch (event.name) {
      case 'country':
        return this.#say(event, 'COUNTRY_CODE', live);
      case 'power_limit':
        return this.#say(event, 'SAR_LIMITS', live);
      case 'nic_info':
        return this.#say(event, 'NIC_INFO', live);
      case 'set_rfkill':
        return this.#say(event, 'RADIO_STATE', live);
      case 'associated':
        return settings.association === before.association
          ? undefined
          : this.#say(event, 'HOST_LINK_UP', live);
      case 'disassociated':
        return this.#say(event, 'HOST_LINK_DOWN', live);
      case 'register':
        return before.driver === 'none' ? this.#say(event, 'WIFIDR_UP', live) : undefined;
    }
  }

  unasked({ message, event }: Read): boolean {
    const name = message.name as Name;
    if (!LIVE.includes(name)) return false;
    const { link, sees, nowMs } = this.#case;
    const isDriver = name === 'WIFIDR_UP' || name === 'WIFIDR_DOWN';
    // It may have been written before AMT was disabled, for a reason that the trace does not have.
    const before = !sees.driver && nowMs - link.amtMs < AT_ONCE_MS;
    if (link.amt === false && before) return true;
    if (link.amt === false) {
      const expected = `nothing: AMT is disabled, ${isDriver ? 'and the driver is told with the next configuration' : 'settings are kept'}`;
      this.#case.find(isDriver ? 'driver.up' : 'settings.quiet', event, expected);
    } else if (name === 'WHO_OWNS_NIC') {
      if (sees.driver) this.#case.find('init.order', event, 'one WHO_OWNS_NIC, when AMT is enabled');
    } else if (sees.driver && link.amt === true) {
      this.#case.find(
        isDriver ? 'driver.up' : 'settings.quiet',
        event,
        'nothing that the WLAN driver did not say',
      );
    }
    return true;
  }

  /** `sure`: CSME was heard to enable AMT now, and had it disabled before. */
  #configure(event: Located, sure: boolean): void {
    this.#block++;
    const { sees, settings } = this.#case;
    const { ledger } = this.#case;
    const hasDriver = settings.driver === 'registered';
    for (const name of CONFIGURATION) {
      const known = this.#isKnown(name);
      if (sees.driver && !known) continue;
      const always = name === 'WHO_OWNS_NIC' || name === 'COUNTRY_CODE' || name === 'RADIO_STATE';
      const certain = always || (sees.driver && (name !== 'WIFIDR_UP' || hasDriver));
      this.#demand(event, name, certain && sure, {
        rule: 'init.missing',
        wrong: 'init.contents',
        // Without the calls of the WLAN driver a setting may as well be one that came just then.
        ...((sees.driver || name === 'WIFIDR_UP' || name === 'WHO_OWNS_NIC') && {
          orderRule: 'init.order' as const,
          group: `configuration ${this.#block}`,
        }),
      });
    }
    if (!sees.driver) return;
    ledger.asked('init.contents');
    if (settings.association?.collocated) ledger.asked('init.collocated');
  }

  #isKnown(name: Name): boolean {
    const { association, powerLimits, nic, driver } = this.#case.settings;
    switch (name) {
      case 'WIFIDR_UP':
        return driver === 'registered';
      case 'HOST_LINK_UP':
        return association !== undefined;
      case 'SAR_LIMITS':
        return powerLimits !== undefined;
      case 'NIC_INFO':
        return nic !== undefined && nic.macAddress !== 0 && Math.floor(nic.macAddress / MULTICAST) % 2 === 0;
      default:
        return true;
    }
  }

  #say(event: CommandEvent, name: Name, live: boolean | undefined): void {
    const rule = name === 'WIFIDR_UP' || name === 'WIFIDR_DOWN' ? 'driver.up' : 'settings.sent';
    this.#demand(event, name, live === true, { rule, wrong: rule, orderRule: rule, group: 'settings' });
  }

  #demand(
    event: Located,
    name: Name,
    must: boolean,
    rules: Pick<Duty, 'rule' | 'wrong' | 'orderRule' | 'group'>,
  ): void {
    const { nowMs, behind, sees } = this.#case;
    const decl = declOf(name);
    const draft = sees.driver ? this.#draft(name) : undefined;
    const bytes = draft && encodeSap(draft, 0);
    const duty: Duty<Read> = {
      kind: decl.id,
      need: this.#case.need(must),
      ...rules,
      ...(behind && { rule: 'hostile.skipped' as const }),
      expected: bytes ? () => inWords(bytes) : name,
      ...(bytes && { differs: (read: Read) => differs(bytes, read) }),
      ...(name === 'HOST_LINK_UP' && bytes && { special: (read: Read) => collocatedOnly(bytes, read) }),
      cause: behind ? [behind, event] : [event],
      atMs: nowMs,
      size: SAP_HEADER_LEN + decl.payload,
    };
    this.#case.write('notif', duty);
  }

  /** The message with what the WLAN driver said last; `undefined` where it need not be known. */
  #draft(name: Name): SapDraft | undefined {
    const { mcc, powerLimits, nic, radioState, association } = this.#case.settings;
    switch (name) {
      case 'COUNTRY_CODE':
        return { name, mcc: mcc ?? 0, sourceId: 0, diffTime: 0 };
      case 'SAR_LIMITS':
        return powerLimits && { name, sarChainInfoTable: [powerLimits.slice(0, 5), powerLimits.slice(5)] };
      case 'NIC_INFO':
        return nic && { name, ...nic };
      case 'RADIO_STATE':
        return { name, state: radioState ?? BOTH_DEASSERTED };
      case 'HOST_LINK_UP':
        return association && linkUp(association);
      default:
        return undefined;
    }
  }

  #driverGone(event: CommandEvent): void {
    const { link, settings } = this.#case;
    const live = link.phase === 'connected' && !link.leaving ? link.amt : false;
    if (live !== false && settings.driver !== 'none') this.#say(event, 'WIFIDR_DOWN', live);
  }

  #keep(event: CommandEvent): void {
    const { settings } = this.#case;
    const args = argsOf(event);
    if (args === undefined) return;
    switch (event.name as CommandName) {
      case 'country':
        settings.mcc = (args as Commands['country']['args']).mcc;
        return;
      case 'power_limit':
        settings.powerLimits = (args as Commands['power_limit']['args']).limits;
        return;
      case 'nic_info':
        settings.nic = args as Commands['nic_info']['args'];
        return;
      case 'set_rfkill': {
        const { sw, hw } = args as Commands['set_rfkill']['args'];
        settings.radioState = (sw ? 0 : 1) | (hw ? 0 : 2);
        return;
      }
      case 'associated': {
        const association = args as Association;
        if (association.ssid.length <= SSID_MAX_LEN) settings.association = association;
        return;
      }
      case 'disassociated':
        settings.association = undefined;
        return;
    }
  }
}

/** `undefined` for arguments that make no sense: they are the trace's fault. */
export function argsOf(event: CommandEvent): unknown {
  try {
    return isCommand(event.name) ? commandArgs(event.name, event.args) : undefined;
  } catch (error) {
    if (error instanceof ArgumentError) return undefined;
    throw error;
  }
}
