/** AMT's own events: HTTP requests that firmware sends to port 0, each on a channel of its own. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { connectedPair } from './pair.ts';

/** What the firmware had to tell. */
export interface AmtEvent {
  /** Such as `iAMT0005`; undefined where there is none. Meanings: the CIM_AlertIndication messages of Intel's SDK. */
  readonly messageId: string | undefined;
  /** What stands behind it in the message, in its order. */
  readonly arguments: readonly string[];
  /** The whole of it: XML. */
  readonly body: string;
}

export class EventChannel {
  readonly #server: Server;

  constructor(onEvent: (event: AmtEvent) => void) {
    this.#server = createServer({ maxHeaderSize: HEADER_MAX }, (request, response) => {
      void take(request, response, onEvent);
    });
    this.#server.setTimeout(PATIENCE_MS, (socket) => socket.destroy());
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** A stream whose other side takes one event. */
  open(): Duplex {
    const [ours, theirs] = connectedPair();
    theirs.on('error', () => {});
    const timer = setTimeout(() => theirs.destroy(), PATIENCE_MS);
    theirs.once('close', () => clearTimeout(timer));
    this.#server.emit('connection', theirs);
    return ours;
  }
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  onEvent: (event: AmtEvent) => void,
): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > BODY_MAX) return void request.destroy();
      chunks.push(chunk);
    }
  } catch {
    // It was cut off.
    return;
  }
  onEvent(eventOf(Buffer.concat(chunks).toString('utf8')));
  response.writeHead(200, { Connection: 'close', 'Content-Length': 0 }).end();
}

/** Reads what an indication says. The XML comes from elsewhere: what is not found is not there. */
export function eventOf(body: string): AmtEvent {
  return {
    messageId: elements(body, 'MessageID')[0],
    arguments: elements(body, 'MessageArguments'),
    body,
  };
}

/** Texts of the elements of this name, whatever their prefix. */
function elements(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<(?:[\\w-]+:)?${name}(?:\\s[^<>]*)?>([^<>]*)<`, 'g'));
  return [...found].slice(0, ARGUMENTS_MAX).map(([, text = '']) => text.trim().slice(0, TEXT_MAX));
}

const HEADER_MAX = 8_192;
const BODY_MAX = 65_536;
const ARGUMENTS_MAX = 16;
const TEXT_MAX = 256;
/** From the opening of the channel to the end of the event. */
const PATIENCE_MS = 10_000;
