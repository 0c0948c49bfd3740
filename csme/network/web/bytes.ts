/** The body of a request in, the body of an answer out: bounded, and no faster than the other side takes it. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Bytes that are handed to the socket at a time. */
const PIECE = 16 * 1024;

/** The whole body, unless it has more than `max` bytes or the client goes away. */
export async function readBody(
  request: IncomingMessage,
  max: number,
): Promise<Uint8Array | 'too large' | 'aborted'> {
  if (Number(request.headers['content-length'] ?? 0) > max) return 'too large';
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > max) return 'too large';
      parts.push(part);
    }
  } catch {
    return 'aborted';
  }
  return Buffer.concat(parts);
}

/**
 * Sends `bytes`; of those for HEAD, Node.js sends only the length. Resolves when the last of them went, or nobody wants
 * them any more.
 */
export async function sendBytes(
  response: ServerResponse,
  status: number,
  type: string,
  bytes: Uint8Array,
): Promise<void> {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': bytes.length });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  for (let at = 0; at < bytes.length && !response.destroyed; at += PIECE) {
    if (response.write(bytes.subarray(at, at + PIECE))) continue;
    // Nothing more to do when the client goes away meanwhile.
    await once(response, 'drain', { signal: gone.signal }).catch(() => {});
  }
  response.end();
}
