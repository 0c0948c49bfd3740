/**
 * Stand-ins for what a real machine has around the host: the WLAN driver and the network agent. They keep what they
 * were told, and do in their order what the real ones do; card, air and supplicant are delays.
 */
import type { TellName, Tells } from '../../ownership/index.ts';
import {
  AuthMode,
  type ConnectionInfo,
  enumEntries,
  formatMac,
  hexOf,
  PairwiseCipher,
} from '../../sap/index.ts';
import type { TraceArgs } from '../../trace/index.ts';
import { CCMP_HEADER, dhcpAck, dhcpRequest80211 } from './frames.ts';
import type { Scene } from './scene.ts';
import type { Session } from './session.ts';

/** The WLAN driver: calls the host, is told by it, works the device. */
export class Driver {
  rfkill: 'unknown' | 'off' | 'NOT_OWNER' = 'unknown';
  roamingForbidden = false;
  /** CSME's access point, as the host passed it up. */
  csmeAp: ConnectionInfo | undefined;
  link: 'none' | 'up' = 'none';
  /** The device is coming down because CSME takes the card. */
  stopping: Promise<void> | undefined;
  readonly #session: Session;
  readonly #scene: Scene;

  constructor(session: Session, scene: Scene) {
    this.#session = session;
    this.#scene = scene;
  }

  async start(): Promise<void> {
    const { mac, mcc } = this.#scene;
    await this.#session.call('register', {});
    await this.#session.call('nic_info', { mac: formatMac(mac), nvm: formatMac(mac) });
    await this.#session.call('country', { mcc });
    await this.#session.call('set_netdev', { dev: 'wlan0' });
  }

  told<N extends TellName>(name: N, args: Tells[N]): void {
    switch (name) {
      case 'rfkill': {
        const { blocked, csmeTaking } = args as Tells['rfkill'];
        this.rfkill = blocked ? 'NOT_OWNER' : 'off';
        if (csmeTaking) this.stopping = this.#stop();
        return;
      }
      case 'me_conn_status':
        this.csmeAp = (args as Tells['me_conn_status']).connectionInfo;
        return;
      case 'roaming_forbidden':
        this.roamingForbidden = (args as Tells['roaming_forbidden']).forbidden;
        return;
      default:
        return;
    }
  }

  /** Brings the device up and joins the access point that the agent has chosen; then DHCP. */
  async connect(ap: ConnectionInfo): Promise<void> {
    const session = this.#session;
    const { delays, frequencyMhz, mac, ipv4, dhcpId, dhcpServer } = this.#scene;
    await session.call('device_state', { up: 1 });
    await session.pass(delays.scan);
    session.note(`driver: scanned ${frequencyMhz} MHz, ${formatMac(ap.bssid)} is there`);
    await session.pass(delays.associate + delays.keys);
    await session.call('associated', associationArgs(ap));
    this.link = 'up';
    const frame = dhcpRequest80211(ap.bssid, mac, ipv4, dhcpId);
    await session.call('tx_copy', { ivlen: CCMP_HEADER, frame80211: hexOf(frame) });
    await session.pass(delays.dhcp);
    const ack = dhcpAck(dhcpServer, mac, ipv4, dhcpId);
    session.fromAir(ack, 0, ack.length);
  }

  async #stop(): Promise<void> {
    await this.#session.pass(this.#scene.delays.stop);
    await this.#session.call('disassociated', {});
    this.link = 'none';
    await this.#session.call('device_state', { up: 0 });
  }
}

/** The network agent: sees rfkill, asks for CSME's access point, decides. */
export class Agent {
  readonly #session: Session;
  readonly #scene: Scene;

  constructor(session: Session, scene: Scene) {
    this.#session = session;
    this.#scene = scene;
  }

  /** GET_CSME_CONN_INFO of the reference's vendor commands. */
  learn(ap: ConnectionInfo): void {
    this.#session.note(`agent: CSME is on "${ssidOf(ap)}", BSSID ${formatMac(ap.bssid)}`);
    this.#session.note(
      `agent: channel ${ap.channel} (${this.#scene.frequencyMhz} MHz), ${nameOf(AuthMode, ap.authMode)}, ${nameOf(PairwiseCipher, ap.pairwiseCipher)}`,
    );
  }

  /** Whether the network and its kind of authentication is one that the agent has a secret for. */
  hasCredentials(ap: ConnectionInfo): boolean {
    const known = ssidOf(ap) === this.#scene.ssid && ap.authMode === AuthMode.RSNA_PSK;
    this.#session.note(
      `agent: ${known ? `"${ssidOf(ap)}" is stored, with its pre-shared key: it can join` : 'no credentials for it: the card stays with CSME'}`,
    );
    return known;
  }

  /** What NetworkManager would write into the supplicant's network block. */
  prepare(ap: ConnectionInfo): void {
    this.#session.note(
      `agent: network={ ssid="${ssidOf(ap)}" key_mgmt=WPA-PSK bssid=${formatMac(ap.bssid)} scan_freq=${this.#scene.frequencyMhz} }`,
    );
    this.#session.note('agent: ready to connect');
  }

  lift(): void {
    this.#session.note('agent: bssid and scan_freq removed from the network block');
  }
}

/** An association as a trace has it. */
export function associationArgs(ap: ConnectionInfo): TraceArgs {
  return {
    ssid: hexOf(ap.ssid),
    ssid_len: ap.ssidLen,
    auth_mode: ap.authMode,
    pairwise_cipher: ap.pairwiseCipher,
    channel: ap.channel,
    band: ap.band,
    bssid: formatMac(ap.bssid),
    colloc_channel: -1,
    colloc_bssid: formatMac(0),
  };
}

export function ssidOf(ap: ConnectionInfo): string {
  return new TextDecoder().decode(ap.ssid.subarray(0, ap.ssidLen));
}

function nameOf(values: Parameters<typeof enumEntries>[0], value: number): string {
  return enumEntries(values).find((entry) => entry.value === value)?.name ?? String(value);
}
