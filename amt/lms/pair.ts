/** Two streams of this process, each the other's other side. */
import { type Duplex, duplexPair } from 'node:stream';

/** As `duplexPair`, and one that is destroyed takes the other with it, as the two ends of a TCP connection do. */
export function connectedPair(): [Duplex, Duplex] {
  const [a, b] = duplexPair({ allowHalfOpen: true });
  link(a, b);
  link(b, a);
  return [a, b];
}

function link(from: Duplex, to: Duplex): void {
  from.once('close', () => {
    // A finished side was read to its end: nothing is lost.
    if (!to.destroyed) to.destroy(from.writableFinished ? undefined : (from.errored ?? reset()));
  });
}

function reset(): Error {
  return Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' });
}
