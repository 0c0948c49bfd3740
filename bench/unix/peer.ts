/** The other process of the `unix:` bench: the firmware's side of one task after the other, until its parent goes. */
import { connect, type Socket } from 'node:net';
import { RingReader, RingWriter, SharedArea } from '../../sap/index.ts';
import { type CsmePlug, listenUnixCsme, type TransportError } from '../../transport/index.ts';
import { CSME_BELL, NOTIFICATION } from './messages.ts';
import { drain } from './pour.ts';

/** What the parent asks for. The answer is `ready`; to `read` another one follows: whether all came in order. */
export type PeerTask =
  /** Connects to the socket of the parent, and answers so many bytes with so many. */
  | { readonly how: 'plain'; readonly path: string; readonly request: number; readonly response: number }
  /** Listens, and sends each ME message back. */
  | { readonly how: 'me'; readonly path: string }
  /** Listens, and answers each notification with one. */
  | { readonly how: 'notification'; readonly path: string }
  /** Reads so many messages from the data ring of the area that is mapped. */
  | { readonly how: 'read'; readonly count: number };

let end: CsmePlug | undefined;
let socket: Socket | undefined;
let area: SharedArea | undefined;

process.on('disconnect', () => process.exit());
process.on('message', (task: PeerTask) => {
  if (task.how === 'read') return read(task.count);
  end?.close();
  socket?.destroy();
  if (task.how === 'plain') return plain(task.path, task.request, task.response);
  const csme = listenUnixCsme(task.path, { onProblem });
  csme.onEvent = (event) => {
    if (event.type === 'mapRequest') csme.perform({ type: 'mapAnswer', errno: 0 });
    if (event.type === 'area') area = adopt(event.memory);
    if (event.type !== 'me') return;
    if (task.how === 'me') csme.perform({ type: 'me', bytes: event.bytes });
    else answerNotifications(csme);
  };
  csme.plug();
  end = csme;
  say('ready');
});

/** Between two tasks the parent closes its end; everything else is a failure. */
function onProblem({ code, message }: TransportError): void {
  if (code !== 'TRANSPORT_ERR_CLOSED') throw new Error(message);
}

function plain(path: string, request: number, response: number): void {
  const answer = Buffer.alloc(response, 1);
  let got = 0;
  socket = connect(path, () => say('ready'));
  socket.on('data', (bytes) => {
    got += bytes.length;
    for (; got >= request; got -= request) socket?.write(answer);
  });
}

let notifIn: RingReader;
let notifOut: RingWriter;

function adopt(memory: ArrayBufferLike): SharedArea {
  const adopted = SharedArea.adopt(memory);
  if (!(adopted instanceof SharedArea)) throw adopted;
  notifIn = new RingReader(adopted, adopted.layout.rings.h2m.notif);
  notifOut = new RingWriter(adopted, adopted.layout.rings.m2h.notif);
  return adopted;
}

function answerNotifications(csme: CsmePlug): void {
  notifIn.read(() => {
    const error = notifOut.write(NOTIFICATION);
    if (error !== undefined) throw error;
  });
  csme.perform({ type: 'me', bytes: CSME_BELL });
}

function read(count: number): void {
  say('ready');
  // Lets the answer go before this process stands still.
  setImmediate(() => say(area !== undefined && drain(area, count)));
}

function say(what: boolean | 'ready'): void {
  process.send?.(what);
}
