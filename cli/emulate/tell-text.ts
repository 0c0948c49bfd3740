/** What the emulated CSME tells of itself, as sentences. */
import { getSystemErrorName } from 'node:util';
import { type AmtChange, type AmtState, usesWlan } from '../../csme/amt/index.ts';
import type { FirmwareTell } from '../../csme/index.ts';
import type { MeiTell, WatchdogEvent } from '../../csme/mei/index.ts';
import { formatMac } from '../../sap/index.ts';

type Texts = {
  readonly [N in FirmwareTell['name']]: (args: Extract<FirmwareTell, { name: N }>['args']) => string;
};

const TEXTS: Texts = {
  hostUp: ({ version }) => `SAP is up, version ${version}`,
  hostDown: ({ reason }) => `SAP is down: ${reason}`,
  amt: ({ enabled }) => `AMT is ${enabled ? 'enabled' : 'disabled'}`,
  session: ({ active, bssid }) =>
    active ? `a remote session runs over ${formatMac(bssid)}` : 'no remote session',
  owner: ({ owner, reason }) => `${owner === 'csme' ? 'CSME' : 'the host'} has the card (${reason})`,
  asked: ({ granted }) => `the host asks for the card: ${granted ? 'granted' : 'refused'}`,
  taking: ({ reason }) => `CSME takes the card (${reason})`,
  offered: () => 'CSME offers the card',
  register: ({ granted }) => `the host sets the ownership bit: ${granted ? 'granted' : 'refused'}`,
  windowOpen: ({ bssid }) => `the host has 3 s to connect to ${formatMac(bssid)}`,
  windowMet: () => 'the host is connected in time',
  windowMissed: () => 'the host is not connected in time',
  wrongAp: ({ bssid, wanted }) =>
    `the host is at ${formatMac(bssid)}, the session needs ${formatMac(wanted)}`,
  hostLink: ({ up, bssid }) =>
    up ? `the host is associated with ${formatMac(bssid)}` : 'the host is not associated',
  driver: ({ up }) => `the WLAN driver is ${up ? 'there' : 'gone'}`,
  radio: ({ on }) => `the radio is ${on ? 'on' : 'off'}`,
  hostAsleep: ({ asleep }) => `the host ${asleep ? 'suspends' : 'resumes'}`,
  silent: ({ missed }) => `the host has not answered ${missed} PINGs`,
  alive: () => 'the host answers PING',
  pldr: ({ active, status }) =>
    active ? 'product reset begins' : `product reset ends with status ${status}`,
  late: ({ message }) => `${message} comes too late`,
  unknown: ({ id }) => `a message of unknown type ${id}`,
  noEffect: ({ command, state }) => `${command} has no effect now (${state})`,
  reset: () => 'the firmware resets',
};

export function tellText({ name, args }: FirmwareTell): string {
  return (TEXTS[name] as (args: FirmwareTell['args']) => string)(args);
}

/** What a command has made of AMT. Nothing secret is in it. */
export function amtText({ command, before, state }: AmtChange): string {
  switch (command.type) {
    case 'setup':
    case 'setupAdmin':
      return `activated: ${controlText(state)}`;
    case 'unprovision':
      return `deactivated: it was in ${controlText(before)}`;
    case 'startConfiguration':
      return 'it looks for a configuration server';
    case 'startHostBasedConfiguration':
      return 'it waits for the configuration server that a program of the host has named';
    case 'stopConfiguration':
      return 'it does not look for a configuration server any more';
    case 'setProvisioningServerOtp':
      return 'there is a new one-time password for the configuration server';
    case 'setDnsSuffix':
      return `the DNS suffix is "${state.dnsSuffix}"`;
    case 'setHostFqdn':
      return `the host's name is "${state.hostOsFqdn}"`;
    case 'setEnterpriseAccess':
    case 'openUserInitiated':
    case 'closeUserInitiated':
    case 'setRemoteAccess':
      return remoteText(state);
    case 'setEnabled':
      return state.enabled ? 'enabled' : 'disabled';
    case 'requireWatchdog':
      return state.watchdogRequired ? 'it wants the watchdog' : 'it does not want the watchdog';
    case 'setAccount':
      return `user ${command.user} may log on`;
    case 'set':
      return `set: ${Object.keys(command.settings).join(', ')}`;
    case 'setInterface':
      if (usesWlan(before) !== usesWlan(state))
        return usesWlan(state) ? 'CSME uses the WLAN' : 'CSME does not use the WLAN';
      return `the ${command.which} interface has other settings`;
    case 'generateRngSeed':
      return 'there is a new seed for random numbers';
  }
}

function controlText({ controlMode }: AmtState): string {
  return ['no control mode', 'client control mode', 'admin control mode'][controlMode] as string;
}

function remoteText({ remoteAccess: { network, connection, mpsHost } }: AmtState): string {
  const where = ['direct', 'by VPN', 'outside', 'unknown'][network];
  const how = ['no connection', 'connecting', 'connected'][connection];
  return `remote access: network ${where}, ${how}${mpsHost === '' ? '' : `, server ${mpsHost}`}`;
}

export function meiText(tell: MeiTell): string {
  switch (tell.name) {
    case 'connected':
      return `a program is connected to ${tell.client}${tell.vtag === 0 ? '' : `, tag ${tell.vtag}`}`;
    case 'refused':
      return `${tell.client} refuses a program: ${getSystemErrorName(-tell.errno)}`;
    case 'disconnected':
      return `a program is not connected to ${tell.client} any more (${tell.by})`;
    case 'state':
      return `the device is ${tell.state}`;
  }
}

export function watchdogText({ type, timeoutS, lateMs = 0 }: WatchdogEvent): string {
  switch (type) {
    case 'started':
      return `started, ${timeoutS} s`;
    case 'pinged':
      return `heart beat, ${timeoutS} s from now`;
    case 'expired':
      return `expired: no heart beat for ${timeoutS} s`;
    case 'rearmed':
      return `a heart beat ${Math.round(lateMs / 1000)} s too late: it runs again`;
    case 'stopped':
      return 'stopped by the host';
    case 'released':
      return 'released: AMT does not want it any more';
  }
}
