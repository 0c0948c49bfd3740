/** There and back between two processes: microseconds of one trip, on the average of some thousand. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { AREA_LAYOUTS, RingReader, RingWriter, SharedArea } from '../../sap/index.ts';
import { connectUnixHost, type HostEnd } from '../../transport/index.ts';
import { HOST_BELL, NOTIFICATION } from './messages.ts';
import type { Other } from './other.ts';

/** A unix socket of Node.js, which carries so many bytes there and so many back. */
export async function plainRoundTrips(
  other: Other,
  trips: number,
  request: number,
  response: number,
): Promise<number> {
  const path = other.path();
  const server = createServer().listen(path);
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  await other.ask({ how: 'plain', path, request, response });
  const [socket] = await connected;
  const bytes = Buffer.alloc(request, 1);
  let got = 0;
  const time = await timed(trips, (next) => {
    socket.on('data', (data) => {
      got += data.length;
      for (; got >= response; got -= response) next();
    });
    return () => socket.write(bytes);
  });
  socket.destroy();
  server.close();
  return time;
}

/** An ME message that comes back. */
export async function meRoundTrips(other: Other, trips: number): Promise<number> {
  const path = other.path();
  await other.ask({ how: 'me', path });
  const { host } = await connected(path);
  const time = await timed(trips, (next) => {
    host.onEvent = (event) => {
      if (event.type === 'me') next();
    };
    return () => host.perform({ type: 'me', bytes: HOST_BELL });
  });
  host.close();
  return time;
}

/** A notification through the ring and the door bell behind it, and the same back. */
export async function notificationRoundTrips(other: Other, trips: number): Promise<number> {
  const path = other.path();
  await other.ask({ how: 'notification', path });
  const { host, area } = await connected(path);
  const reader = new RingReader(area, area.layout.rings.m2h.notif);
  const writer = new RingWriter(area, area.layout.rings.h2m.notif);
  const time = await timed(trips, (next) => {
    host.onEvent = (event) => {
      if (event.type !== 'me') return;
      if (reader.read(() => {}).messages !== 1) throw new Error('bench:unix: a notification is missing');
      next();
    };
    return () => {
      const error = writer.write(NOTIFICATION);
      if (error !== undefined) throw error;
      host.perform({ type: 'me', bytes: HOST_BELL });
    };
  });
  host.close();
  return time;
}

/** A host with an area that is initialised and announced. */
export async function connected(path: string): Promise<{ host: HostEnd; area: SharedArea }> {
  const host = connectUnixHost(path, { onProblem: ({ message }) => console.error(message) });
  const area = await new Promise<SharedArea>((resolve) => {
    host.onEvent = (event) => {
      if (event.type === 'probe') host.perform({ type: 'map', size: AREA_LAYOUTS[4].size });
      if (event.type !== 'mapped') return;
      const mapped = new SharedArea(event.memory, AREA_LAYOUTS[4]);
      mapped.initialise();
      host.perform({ type: 'enable' });
      resolve(mapped);
    };
  });
  return { host, area };
}

/** `prepare` gets what is to be called when a trip is over, and gives what begins one. */
function timed(trips: number, prepare: (next: () => void) => () => void): Promise<number> {
  return new Promise((resolve) => {
    let left = trips;
    const begin = prepare(() => {
      if (--left > 0) begin();
      else resolve(((performance.now() - start) * 1000) / trips);
    });
    const start = performance.now();
    begin();
  });
}
