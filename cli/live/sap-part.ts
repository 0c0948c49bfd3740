/** SAP of the emulated CSME in its thread: the machine at the firmware's end of a transport, AMT's network stack behind it. */
import { type Amt, followAmt, profileWith } from '../../csme/amt/index.ts';
import {
  type Behaviour,
  behaviourByName,
  Csme,
  type CsmeInput,
  type CsmeOutput,
  type FirmwareTell,
} from '../../csme/index.ts';
import {
  type FollowedNetwork,
  followHost,
  type JoinedNetwork,
  joinNetwork,
} from '../../csme/network/index.ts';
import { formatIpv4 } from '../../sap/index.ts';
import { listenUnixCsme, recorded, run, type TransportError, workerCsmeEnd } from '../../transport/index.ts';
import type { FirmwareInput, FirmwarePart, SayFromFirmware, ToFirmware } from './firmware.ts';
import { turnClock } from './turn-clock.ts';

/** Throws a TransportError when the socket cannot be had. */
export async function openSapPart(
  input: FirmwareInput,
  amt: Amt,
  say: SayFromFirmware,
): Promise<FirmwarePart> {
  const { profile, network, serve, behaviours = [] } = input;
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
  const csme = new Csme({ profile: profileWith(amt.state, profile), behaviours: named });
  const listen = serve?.socket;
  const end = listen === undefined ? workerCsmeEnd() : listenUnixCsme(listen, { onProblem: driverTrouble });
  const watched =
    listen === undefined ? end : recorded(end, (event) => say({ type: 'event', event }), turnClock);
  const onSendFailed = (errno: number) => problem(`an ME message was not sent: ${errno}`);
  const runner = run(csme, watched, turnClock, { on, onSendFailed });
  const feed = (fed: CsmeInput) => runner.feed(fed);
  const unfollow = followAmt(amt, feed);
  if (network === 'of the host') {
    stack = followHost(csme, feed, {
      amt,
      onOpen: ({ ipv4 }) => say({ type: 'note', text: `CSME answers at ${formatIpv4(ipv4)}, port 16992.` }),
      onError: ({ message }) => problem(message),
    });
  } else if (network !== undefined) {
    const radio = (frame: Uint8Array) => say({ type: 'air', frame: frame.slice() });
    stack = await joinNetwork(csme, feed, { ...network, amt, radio });
  }
  return {
    hear(message: ToFirmware) {
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
        case 'command':
          runner.feed(message);
          // What resets takes the link with it.
          if (message.name === 'reset' && listen !== undefined) {
            end.unplug();
            end.plug();
          }
      }
    },
    async close() {
      unfollow();
      await stack?.close();
      runner.stop();
    },
  };
}
