/**
 * The words of a trace and those of the host: commands with their arguments, results, and what the WLAN driver is told.
 * A trace names and packs them as the recordings of the reference do; the host takes typed values.
 */
import type { CommandName, Commands, TellName, Tells } from '../../ownership/index.ts';
import {
  bytesOfHex,
  ethernetOf80211,
  formatMac,
  hexOf,
  type Nvm,
  parseMac,
  SSID_MAX_LEN,
} from '../../sap/index.ts';
import { excerptOf } from '../errors.ts';
import type { TraceArgs } from '../event.ts';

/** An argument that is missing or is not what its name demands. */
export class ArgumentError extends Error {}

type Reader<N extends CommandName> = (args: TraceArgs) => Commands[N]['args'];

const none = () => ({});
const READ: { readonly [N in CommandName]: Reader<N> } = {
  register: none,
  start_unregister: none,
  unregister_complete: none,
  is_connected: none,
  get_ownership: none,
  get_nvm: none,
  pldr: none,
  disassociated: none,
  set_rfkill: (a) => ({ hw: flag(a, 'hw'), sw: flag(a, 'sw') }),
  nic_info: (a) => ({ macAddress: macOf(a, 'mac'), nvmAddress: macOf(a, 'nvm') }),
  country: (a) => ({ mcc: uint(a, 'mcc', 0xffff) }),
  power_limit: (a) => ({ limits: limitsOf(a) }),
  associated: (a) => {
    const collocChannel = int(a, 'colloc_channel');
    return {
      ssid: ssidOf(a),
      authMode: uint(a, 'auth_mode', 0xffff_ffff),
      pairwiseCipher: uint(a, 'pairwise_cipher', 0xffff_ffff),
      channel: uint(a, 'channel', 0xff),
      band: uint(a, 'band', 0xff),
      bssid: macOf(a, 'bssid'),
      ...(collocChannel >= 0 && { collocated: { channel: collocChannel, bssid: macOf(a, 'colloc_bssid') } }),
    };
  },
  device_state: (a) => ({ up: flag(a, 'up') }),
  alive: (a) => ({ success: flag(a, 'success') }),
  set_netdev: (a) => ({ dev: netdevOf(a) }),
  tx_copy: (a) => ({
    frame: ethernetOf80211(bytesOf(a, 'frame80211'), uint(a, 'ivlen', 0xff)) ?? new Uint8Array(0),
  }),
};

const NO_NETDEV = 'none';

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(READ, name);
}

/** The arguments of a recorded command. Throws an `ArgumentError` that names the argument. */
export function commandArgs<N extends CommandName>(name: N, args: TraceArgs): Commands[N]['args'] {
  return READ[name](args);
}

/** A result as a `.ret` line records it. */
export function resultArgs(name: CommandName, result: Commands[CommandName]['result']): TraceArgs {
  if (name === 'get_nvm') {
    const { nvm } = result as Commands['get_nvm']['result'];
    return nvm ? nvmArgs(nvm) : { ret: null };
  }
  if (name === 'set_netdev') {
    return { registered_rx_handler: (result as Commands['set_netdev']['result']).attached ? 1 : 0 };
  }
  return result as TraceArgs;
}

/** What the WLAN driver is told, as a `wifi-op` line records it. */
export function tellArgs<N extends TellName>(name: N, args: Tells[N]): TraceArgs {
  switch (name) {
    case 'rfkill': {
      const { blocked, csmeTaking } = args as Tells['rfkill'];
      return { blocked: Number(blocked), csme_taking_ownership: Number(csmeTaking) };
    }
    case 'roaming_forbidden':
      return { forbidden: Number((args as Tells['roaming_forbidden']).forbidden) };
    case 'me_conn_status': {
      const { linkProtState, connectionInfo: c } = args as Tells['me_conn_status'];
      const ssid = new Uint8Array(SSID_MAX_LEN);
      ssid.set(c.ssid.subarray(0, c.ssidLen));
      return {
        lp_state: linkProtState,
        auth_mode: c.authMode,
        ssid_len: c.ssidLen,
        channel: c.channel,
        band: c.band,
        pairwise_cipher: c.pairwiseCipher,
        bssid: formatMac(c.bssid),
        ssid: hexOf(ssid),
      };
    }
    default:
      return {};
  }
}

const CHANNELS_SHOWN = 16;
const CHANNELS_TAIL = 4;

function nvmArgs(nvm: Nvm): TraceArgs {
  return {
    ret: 1,
    hw_addr: formatMac(nvm.hwAddr),
    n_hw_addrs: nvm.nHwAddrs,
    reserved: nvm.reserved15,
    radio_cfg: nvm.radioCfg,
    caps: nvm.caps,
    nvm_version: nvm.nvmVersion,
    channels: wordsHex(nvm.channels.slice(0, CHANNELS_SHOWN)),
    channels_tail: wordsHex(nvm.channels.slice(-CHANNELS_TAIL)),
  };
}

function wordsHex(words: readonly number[]): string {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(i * 4, word, true);
  });
  return hexOf(bytes);
}

function ssidOf(args: TraceArgs): Uint8Array {
  const length = uint(args, 'ssid_len', 0xff);
  const ssid = new Uint8Array(length);
  ssid.set(bytesOf(args, 'ssid').subarray(0, length));
  return ssid;
}

function netdevOf(args: TraceArgs): string | null {
  const { dev } = args;
  if (typeof dev !== 'string') throw new ArgumentError(`dev: a name is needed, got ${shown(dev)}`);
  return dev === NO_NETDEV ? null : dev;
}

function limitsOf(args: TraceArgs): number[] {
  const { v } = args;
  const good = Array.isArray(v) && v.length === 10 && v.every((n) => isUint(n, 0xffff));
  if (!good) throw new ArgumentError(`v: ten 16-bit numbers are needed, got ${shown(v)}`);
  return v as number[];
}

function macOf(args: TraceArgs, name: string): number {
  const value = args[name];
  const mac = typeof value === 'string' ? parseMac(value) : undefined;
  if (mac === undefined) throw new ArgumentError(`${name}: a MAC address is needed, got ${shown(value)}`);
  return mac;
}

function bytesOf(args: TraceArgs, name: string): Uint8Array {
  const value = args[name];
  const bytes = typeof value === 'string' ? bytesOfHex(value) : undefined;
  if (!bytes) throw new ArgumentError(`${name}: hex is needed, got ${shown(value)}`);
  return bytes;
}

function flag(args: TraceArgs, name: string): boolean {
  return uint(args, name, 1) === 1;
}

function int(args: TraceArgs, name: string): number {
  const value = args[name];
  if (!Number.isSafeInteger(value))
    throw new ArgumentError(`${name}: a number is needed, got ${shown(value)}`);
  return value as number;
}

function uint(args: TraceArgs, name: string, max: number): number {
  const value = args[name];
  if (!isUint(value, max)) {
    throw new ArgumentError(`${name}: a number from 0 to ${max} is needed, got ${shown(value)}`);
  }
  return value as number;
}

function isUint(value: unknown, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

function shown(value: unknown): string {
  return excerptOf(String(JSON.stringify(value)), 0);
}
