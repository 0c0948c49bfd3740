/**
 * The thread of the emulated CSME: its machine at the firmware's end of `worker:` or of a unix socket, and the network
 * stack of AMT behind it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import {
  type Behaviour,
  behaviourByName,
  Csme,
  type CsmeCommand,
  type CsmeInput,
  type CsmeOutput,
  type FirmwareTell,
  type Profile,
} from '../../csme/index.ts';
import {
  type FollowedNetwork,
  type FollowOptions,
  followHost,
  type JoinedNetwork,
  type JoinOptions,
  joinNetwork,
} from '../../csme/network/index.ts';
import { formatIpv4 } from '../../sap/index.ts';
import {
  type CsmePlug,
  listenUnixCsme,
  type RecordedEvent,
  recorded,
  run,
  type TransportError,
  workerCsmeEnd,
  workerInput,
} from '../../transport/index.ts';
import { turnClock } from './turn-clock.ts';

export interface FirmwareInput {
  readonly profile: Profile;
  /** Names of misbehaviours, as `behaviourByName` takes them. */
  readonly behaviours?: readonly string[];
  /** Without it CSME has no network stack; without an address it has the host's, as soon as it knows it. */
  readonly network?:
    | Pick<JoinOptions, 'mac' | 'ipv4' | 'prefixLength' | 'credentials'>
    | Pick<FollowOptions, 'credentials'>;
  /** Drivers are served at the unix socket of this path, and what happens is told as events. Else the end is `worker:`. */
  readonly listen?: string;
}

/** What is asked of this thread. `plug`: the firmware's client appears on the bus; `air`: its radio hears a frame. */
export type ToFirmware =
  | { readonly type: 'plug' | 'close' }
  | { readonly type: 'air'; readonly frame: Uint8Array }
  /** A misbehaviour begins or ends. */
  | { readonly type: 'behaviour'; readonly name: string; readonly on: boolean }
  | Extract<CsmeCommand, { type: 'command' }>;

/** What this thread says besides what goes over the link. */
export type FromFirmware =
  | { readonly type: 'ready' | 'closed' }
  /** It cannot begin, and has ended. */
  | { readonly type: 'failed'; readonly text: string }
  | { readonly type: 'tell'; readonly tell: FirmwareTell }
  | { readonly type: 'problem'; readonly text: string }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'event'; readonly event: RecordedEvent }
  /** A frame came through the data ring. */
  | { readonly type: 'frame'; readonly copy: boolean }
  /** CSME's own radio sends a frame. */
  | { readonly type: 'air'; readonly frame: Uint8Array };

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  // A thread that `worker:` did not start has its input by itself.
  const input = ('listen' in workerData ? workerData : workerInput()) as FirmwareInput;
  const { profile, network, listen, behaviours = [] } = input;
  const say = (message: FromFirmware) => port.postMessage(message);
  const problem = (text: string) => say({ type: 'problem', text });
  let stack: JoinedNetwork | FollowedNetwork | undefined;

  const on = (output: CsmeOutput): void => {
    stack?.hear(output);
    switch (output.type) {
      case 'tell': {
        const { type: _, ...tell } = output;
        return say({ type: 'tell', tell: tell as FirmwareTell });
      }
      case 'problem':
        return problem(output.error.message);
      case 'frame':
        return say({ type: 'frame', copy: output.copy });
    }
  };

  const driverTrouble = ({ code, message }: TransportError) => {
    // A driver may leave as it likes.
    if (code === 'TRANSPORT_ERR_CLOSED') say({ type: 'note', text: 'The driver is gone.' });
    else problem(message);
  };
  const named = behaviours.map(behaviourByName).filter((b): b is Behaviour => b !== undefined);
  const csme = new Csme({ profile, behaviours: named });
  let end: CsmePlug;
  try {
    end = listen === undefined ? workerCsmeEnd() : listenUnixCsme(listen, { onProblem: driverTrouble });
  } catch (error) {
    return say({ type: 'failed', text: (error as Error).message });
  }
  const watched =
    listen === undefined ? end : recorded(end, (event) => say({ type: 'event', event }), turnClock);
  const onSendFailed = (errno: number) => problem(`an ME message was not sent: ${errno}`);
  const runner = run(csme, watched, turnClock, { on, onSendFailed });
  const feed = (input: CsmeInput) => runner.feed(input);
  if (network !== undefined && 'ipv4' in network) {
    const radio = (frame: Uint8Array) => say({ type: 'air', frame: frame.slice() });
    stack = await joinNetwork(csme, feed, { ...network, radio });
  } else if (network !== undefined) {
    stack = followHost(csme, feed, {
      ...network,
      onOpen: ({ ipv4 }) => say({ type: 'note', text: `CSME answers at ${formatIpv4(ipv4)}, port 16992.` }),
      onError: ({ message }) => problem(message),
    });
  }
  port.on('message', async (message: ToFirmware) => {
    switch (message.type) {
      case 'plug':
        return end.plug();
      case 'air':
        return stack !== undefined && 'air' in stack ? stack.air(message.frame) : undefined;
      case 'behaviour': {
        const behaviour = behaviourByName(message.name);
        if (message.on && behaviour !== undefined) csme.addBehaviour(behaviour);
        else csme.removeBehaviour(behaviour?.name ?? message.name);
        return;
      }
      case 'close':
        await stack?.close();
        runner.stop();
        return say({ type: 'closed' });
      default:
        runner.feed(message);
        // What resets takes the link with it.
        if (message.name === 'reset' && listen !== undefined) {
          end.unplug();
          end.plug();
        }
    }
  });
  say({ type: 'ready' });
}

if (parentPort !== null) await main(parentPort);
