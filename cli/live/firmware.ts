/**
 * The thread of the emulated CSME: AMT, and the ways to it. SAP at the firmware's end of `worker:` or of a unix socket,
 * the other clients in a device file; what happens by one of them is seen by all.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { amtStatusName, amtStatusSentence } from '../../amt/protocol/index.ts';
import { type Credentials, secretOf } from '../../amt/web/index.ts';
import {
  ADMIN_USER,
  Amt,
  type AmtChange,
  type AmtCommand,
  type AmtOptions,
  usesWlan,
  wlanCommand,
} from '../../csme/amt/index.ts';
import type { CsmeCommand, FirmwareTell, Profile } from '../../csme/index.ts';
import type { MeiTell, WatchdogEvent } from '../../csme/mei/index.ts';
import type { JoinOptions } from '../../csme/network/index.ts';
import { type RecordedEvent, workerInput } from '../../transport/index.ts';
import { openMeiPart } from './mei-part.ts';
import { openSapPart } from './sap-part.ts';
import { turnClock } from './turn-clock.ts';

export interface FirmwareInput {
  readonly profile: Profile;
  /** Names of misbehaviours, as `behaviourByName` takes them. */
  readonly behaviours?: readonly string[];
  /** What AMT is: a provisioned one in admin control mode when left out. Its interface to the WLAN is as `profile` says. */
  readonly amt?: Partial<AmtOptions>;
  /** Who may log on if AMT is provisioned, and who it is that `provision` sets up. */
  readonly credentials?: Credentials;
  /** Without it CSME has no network stack; without an address it has the host's, as soon as it knows it. */
  readonly network?: Pick<JoinOptions, 'mac' | 'ipv4' | 'prefixLength'> | 'of the host';
  /** Where CSME is reached, and then what happens is told as events; left out: SAP alone, its end is `worker:`. */
  readonly serve?: {
    /** Drivers are served SAP at the unix socket of this path. */
    readonly socket?: string;
    /** Programs are served the other clients at /dev/NAME. */
    readonly device?: string;
  };
}

/** What is asked of this thread. */
export type ToFirmware =
  | { readonly type: 'close' }
  /** SAP's client appears on the bus. */
  | { readonly type: 'plug' }
  /** CSME's radio hears a frame. */
  | { readonly type: 'air'; readonly frame: Uint8Array }
  /** A misbehaviour begins or ends. */
  | { readonly type: 'behaviour'; readonly name: string; readonly on: boolean }
  | Extract<CsmeCommand, { type: 'command' }>
  | { readonly type: 'amt'; readonly command: AmtCommand }
  /** A configuration server sets AMT up. */
  | { readonly type: 'provision' }
  /** The device file goes, as a card that is pulled. */
  | { readonly type: 'remove' };

/** What this thread says besides what goes over the link. */
export type FromFirmware =
  | { readonly type: 'ready' | 'closed' }
  /** It cannot begin, and has ended. */
  | { readonly type: 'failed'; readonly text: string }
  | { readonly type: 'tell'; readonly tell: FirmwareTell }
  | { readonly type: 'amt'; readonly change: AmtChange }
  | { readonly type: 'mei'; readonly tell: MeiTell }
  | { readonly type: 'watchdog'; readonly event: WatchdogEvent }
  /** The device file is not there any more. */
  | { readonly type: 'deviceGone' }
  | { readonly type: 'problem'; readonly text: string }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'event'; readonly event: RecordedEvent }
  /** A frame came through the data ring. */
  | { readonly type: 'frame'; readonly copy: boolean }
  /** CSME's own radio sends a frame. */
  | { readonly type: 'air'; readonly frame: Uint8Array };

/** One of the ways to CSME. */
export interface FirmwarePart {
  /** Does it so that what it changes is said this way at once. */
  act?(task: () => void): void;
  hear(message: ToFirmware): void;
  close(): Promise<void>;
}

export type SayFromFirmware = (message: FromFirmware) => void;

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  // A thread that `worker:` did not start has its input by itself.
  const input = ('serve' in workerData ? workerData : workerInput()) as FirmwareInput;
  const { serve, credentials } = input;
  const say: SayFromFirmware = (message) => port.postMessage(message);
  const amt = amtOf(input);
  // Before the parts: what a change does is told behind it.
  amt.onChange((change) => say({ type: 'amt', change }));
  const parts: FirmwarePart[] = [];
  const command = (what: AmtCommand) => {
    const act = parts.find((part) => part.act !== undefined)?.act ?? ((task) => task());
    act(() => perform(amt, what, say));
  };
  const close = async () => {
    for (const part of parts.splice(0)) await part.close();
  };
  try {
    if (serve === undefined || serve.socket !== undefined) parts.push(await openSapPart(input, amt, say));
    if (serve?.device !== undefined) parts.push(await openMeiPart(serve.device, amt, say));
  } catch (error) {
    await close();
    return say({ type: 'failed', text: (error as Error).message });
  }
  port.on('message', async (message: ToFirmware) => {
    switch (message.type) {
      case 'close':
        await close();
        return say({ type: 'closed' });
      case 'amt':
        return command(message.command);
      case 'provision':
        return command({ type: 'setupAdmin', ha1: administrator(amt, credentials), atS: secondsNow() });
      case 'command':
        if (message.name === 'enableAmt' || message.name === 'disableAmt') {
          return command(wlanCommand(message.name === 'enableAmt'));
        }
    }
    for (const part of parts) part.hear(message);
  });
  say({ type: 'ready' });
}

function amtOf({ amt: options, profile, credentials }: FirmwareInput): Amt {
  const { realm, provisioningState, wireless } = new Amt(options).state;
  const known = credentials !== undefined && provisioningState === 2;
  return new Amt({
    ...options,
    ...(known && {
      accounts: { [credentials.user]: secretOf(credentials.user, realm, credentials.password) },
    }),
    wireless: wireless && { ...wireless, enabled: profile.amt },
  });
}

function administrator({ state }: Amt, credentials: Credentials | undefined): string {
  return credentials === undefined ? '' : secretOf(ADMIN_USER, state.realm, credentials.password);
}

function perform(amt: Amt, command: AmtCommand, say: SayFromFirmware): void {
  const before = amt.state;
  const status = amt.perform(turnClock.now(), command);
  const note = (text: string) => say({ type: 'note', text });
  if (status !== 0) return note(`AMT refuses: ${amtStatusName(status)}. ${amtStatusSentence(status)}`);
  if (amt.state === before) note('AMT: that is so already.');
  if (command.type !== 'setInterface' || usesWlan(amt.state) || !amt.state.wireless?.enabled) return;
  note(`CSME does not use the WLAN yet: AMT is ${amt.state.enabled ? 'not provisioned' : 'disabled'}.`);
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1000);
}

if (parentPort !== null) await main(parentPort);
