/** The thread of the emulated CSME: its machine at the firmware's end of `worker:`, and the network stack of AMT behind it. */
import { parentPort } from 'node:worker_threads';
import {
  Csme,
  type CsmeCommand,
  type CsmeOutput,
  type FirmwareTell,
  type Profile,
} from '../../csme/index.ts';
import { type JoinedNetwork, type JoinOptions, joinNetwork } from '../../csme/network/index.ts';
import { run, systemClock, workerCsmeEnd, workerInput } from '../../transport/index.ts';

export interface FirmwareInput {
  readonly profile: Profile;
  /** Without it CSME has no network stack. */
  readonly network?: Pick<JoinOptions, 'mac' | 'ipv4' | 'prefixLength' | 'credentials'>;
}

/** What the demo asks of this thread. `plug`: the firmware's client appears on the bus; `air`: its radio hears a frame. */
export type ToFirmware =
  | { readonly type: 'plug' }
  | { readonly type: 'air'; readonly frame: Uint8Array }
  | Extract<CsmeCommand, { type: 'command' }>;

/** What this thread says besides what goes over the link. */
export type FromFirmware =
  | { readonly type: 'ready' }
  | { readonly type: 'tell'; readonly tell: FirmwareTell }
  | { readonly type: 'problem'; readonly text: string }
  /** A frame came through the data ring. */
  | { readonly type: 'frame'; readonly copy: boolean }
  /** CSME's own radio sends a frame. */
  | { readonly type: 'air'; readonly frame: Uint8Array };

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const { profile, network } = workerInput() as FirmwareInput;
  const say = (message: FromFirmware) => port.postMessage(message);
  let joined: JoinedNetwork | undefined;

  const on = (output: CsmeOutput): void => {
    joined?.hear(output);
    switch (output.type) {
      case 'tell': {
        const { type: _, ...tell } = output;
        return say({ type: 'tell', tell: tell as FirmwareTell });
      }
      case 'problem':
        return say({ type: 'problem', text: output.error.message });
      case 'frame':
        return say({ type: 'frame', copy: output.copy });
    }
  };

  const csme = new Csme({ profile });
  const end = workerCsmeEnd();
  const onSendFailed = (errno: number) =>
    say({ type: 'problem', text: `an ME message was not sent: ${errno}` });
  const runner = run(csme, end, systemClock, { on, onSendFailed });
  if (network !== undefined) {
    const radio = (frame: Uint8Array) => say({ type: 'air', frame: frame.slice() });
    joined = await joinNetwork(csme, (input) => runner.feed(input), { ...network, radio });
  }
  port.on('message', (message: ToFirmware) => {
    if (message.type === 'plug') end.plug();
    else if (message.type === 'air') joined?.air(message.frame);
    else runner.feed(message);
  });
  say({ type: 'ready' });
}

if (parentPort !== null) await main(parentPort);
