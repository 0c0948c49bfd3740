/**
 * The thread of the emulated CSME: its machine at the firmware's end of `worker:`, and a stand-in for the network stack
 * of AMT, which holds one TCP connection that was there before the host.
 */
import { parentPort } from 'node:worker_threads';
import {
  Csme,
  type CsmeCommand,
  type CsmeOutput,
  type FirmwareTell,
  type Profile,
} from '../../csme/index.ts';
import { run, systemClock, workerCsmeEnd, workerInput } from '../../transport/index.ts';
import { parseSegment, segmentOf, type TcpConnection } from './frames.ts';

export interface FirmwareInput {
  readonly profile: Profile;
  readonly connection: TcpConnection;
}

/** What the demo asks of this thread. `plug`: the firmware's client appears on the bus. */
export type ToFirmware = { readonly type: 'plug' } | Extract<CsmeCommand, { type: 'command' }>;

/** What this thread says besides what goes over the link. */
export type FromFirmware =
  | { readonly type: 'ready' }
  | { readonly type: 'tell'; readonly tell: FirmwareTell }
  | { readonly type: 'problem'; readonly text: string }
  /** A frame came to CSME's network stack. `segment`: of the connection that it holds. */
  | { readonly type: 'frame'; readonly copy: boolean; readonly segment: boolean };

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

function main(port: NonNullable<typeof parentPort>): void {
  const { profile, connection } = workerInput() as FirmwareInput;
  const say = (message: FromFirmware) => port.postMessage(message);
  let tcp = connection;

  /** The connection goes on only where it stood: anything else is answered as a stack does that knows nothing of it. */
  const receive = (frame: Uint8Array): { answer: Uint8Array | undefined; segment: boolean } => {
    const segment = parseSegment(frame);
    if (segment === undefined || segment.to.port !== tcp.here.port)
      return { answer: undefined, segment: false };
    const known =
      segment.from.ipv4 === tcp.there.ipv4 &&
      segment.from.port === tcp.there.port &&
      segment.seq === tcp.received &&
      segment.ack === tcp.sent;
    if (!known) {
      const stranger = { ...tcp, there: segment.from, sent: segment.ack, received: 0 };
      return { answer: segmentOf(stranger, '', true), segment: false };
    }
    tcp = { ...tcp, received: (tcp.received + segment.payload.length) >>> 0 };
    const answer = segmentOf(tcp, ANSWER);
    tcp = { ...tcp, sent: (tcp.sent + ANSWER.length) >>> 0 };
    return { answer, segment: true };
  };

  const on = (output: CsmeOutput): void => {
    if (output.type === 'tell') {
      const { type: _, ...tell } = output;
      say({ type: 'tell', tell: tell as FirmwareTell });
    } else if (output.type === 'problem') {
      say({ type: 'problem', text: output.error.message });
    } else if (output.type === 'frame') {
      const { answer, segment } = receive(output.bytes);
      say({ type: 'frame', copy: output.copy, segment });
      if (answer !== undefined) runner.feed({ type: 'command', name: 'sendFrame', frame: answer });
    }
  };

  const end = workerCsmeEnd();
  const onSendFailed = (errno: number) =>
    say({ type: 'problem', text: `an ME message was not sent: ${errno}` });
  const runner = run(new Csme({ profile }), end, systemClock, { on, onSendFailed });
  port.on('message', (message: ToFirmware) => {
    if (message.type === 'plug') end.plug();
    else runner.feed(message);
  });
  say({ type: 'ready' });
}

if (parentPort !== null) main(parentPort);
