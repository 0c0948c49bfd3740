/**
 * The process of one side, as the coordinator starts it. It loads everything first and waits: a spare process begins at
 * once when it is needed.
 */
import { census } from './census.ts';
import { CsmeSide } from './csme-side.ts';
import { HostSide } from './host-side.ts';
import { report, type Side } from './log.ts';
import type { Order } from './protocol.ts';

let side: Side | undefined;
let ended = false;

function handle({ id, order }: { id: number; order: Order }): void {
  switch (order.type) {
    case 'begin':
      side = order.side === 'host' ? new HostSide(order) : new CsmeSide(order);
      side.armed = order.armed;
      return answer(id);
    case 'look':
      return answer(id);
    case 'arm':
      if (side) side.armed = order.point;
      return;
    case 'end':
      side?.stop();
      // What was taken away goes when the event loop comes round.
      setImmediate(() => {
        answer(id);
        ended = true;
        process.disconnect();
      });
      return;
    default:
      side?.order(order);
  }
}

function answer(id: number): void {
  if (side) report({ type: 'done', id, snapshot: side.snapshot() });
}

process.on('message', handle);
process.on('disconnect', () => {
  if (!ended) process.exit(1);
});
report({ type: 'ready', census: census() });
