/** The process behind socat: the same work as the firmware's, over plain TCP. Runs until its parent goes. */
import { createServer, type Socket } from 'node:net';
import { bytesAt, Checker, TRANSFER_BYTES, WANTED } from './work.ts';

process.on('disconnect', () => process.exit());
const server = createServer({ noDelay: true }, serve);
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send!('ready'));

function serve(socket: Socket): void {
  const checker = new Checker();
  let wanted: number | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    const rest = wanted === undefined ? bytes.subarray(1) : bytes;
    wanted ??= bytes[0];
    if (wanted === WANTED.download) return pour(socket, 0);
    if (wanted === WANTED.echo) return void (rest.length > 0 && socket.end(rest));
    checker.take(rest);
    if (checker.isDone) socket.end(Uint8Array.of(1));
  });
}

function pour(socket: Socket, sent: number): void {
  for (let at = sent; at < TRANSFER_BYTES; ) {
    const bytes = bytesAt(at, 65_536);
    at += bytes.length;
    if (!socket.write(bytes)) return void socket.once('drain', () => pour(socket, at));
  }
  socket.end();
}
