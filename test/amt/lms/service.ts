/** A management service of a test, on ports that are free, beside a firmware in this process. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type LmsNews, type RunLmsOptions, type RunningLms, runLms } from '../../../amt/index.ts';
import { type FirmwareOptions, PATH, TestFirmware } from './firmware.ts';

export interface Rig {
  readonly firmware: TestFirmware;
  readonly lms: RunningLms;
  /** What the firmware asks for. */
  readonly ports: readonly number[];
  readonly news: LmsNews[];
  /** Resolves with the next news of this type, or one that has come and was not taken. */
  next<Type extends LmsNews['type']>(type: Type): Promise<Extract<LmsNews, { type: Type }>>;
  /** A local program. */
  connect(port?: number): Promise<Socket>;
}

type Options = Partial<RunLmsOptions> & Partial<FirmwareOptions> & { readonly isUp?: boolean };

/** Runs until the test is over; resolves when the firmware's ports are listened on, unless `isUp` is false. */
export async function startLms({ isUp = true, ...options }: Options = {}): Promise<Rig> {
  const ports = options.ports ?? [await freePort()];
  const firmware = new TestFirmware({ ...options, ports });
  const news: LmsNews[] = [];
  const log = new NewsLog(news);
  const lms = await runLms({
    path: PATH,
    calls: firmware.driver,
    lookedAtFirst: ports,
    ...options,
    onNews: (item) => log.add(item),
  });
  const sockets = new Set<Socket>();
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await lms.stop();
  });
  if (isUp) for (const _ of ports) await log.next('listening');
  return {
    firmware,
    lms,
    ports,
    news,
    next: (type) => log.next(type),
    async connect(port = ports[0]!) {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      sockets.add(socket);
      socket.on('error', () => {});
      await once(socket, 'connect');
      return socket;
    },
  };
}

class NewsLog {
  readonly #all: LmsNews[];
  readonly #untaken: LmsNews[] = [];
  readonly #look = new Set<() => void>();

  constructor(all: LmsNews[]) {
    this.#all = all;
  }

  add(item: LmsNews): void {
    this.#all.push(item);
    this.#untaken.push(item);
    for (const look of this.#look) look();
  }

  next<Type extends LmsNews['type']>(type: Type): Promise<Extract<LmsNews, { type: Type }>> {
    return new Promise((resolve) => {
      const look = () => {
        const at = this.#untaken.findIndex((item) => item.type === type);
        if (at < 0) return;
        const [item] = this.#untaken.splice(at, 1);
        this.#look.delete(look);
        resolve(item as Extract<LmsNews, { type: Type }>);
      };
      this.#look.add(look);
      look();
    });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
