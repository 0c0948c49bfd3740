/** The firmware's end of `unix:` with drivers by hand at it. */
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { native } from '../../../native/index.ts';
import { AREA_LAYOUTS } from '../../../sap/index.ts';
import {
  type CsmeEvent,
  type CsmePlug,
  listenUnixCsme,
  type TransportError,
  type UnixOptions,
  VirtualClock,
} from '../../../transport/index.ts';
import { encodeAnnouncement, encodeFrame } from '../../../transport/unix/framing.ts';
import { me } from '../../contract/transport.ts';
import { type Holdings, holdings } from './holdings.ts';
import { RawPeer, until } from './raw-peer.ts';
import { turns } from './sides.ts';

export const ACK = new Uint8Array(4);

/**
 * A world for each test of the suite that calls this. Whatever a test did: behind it the next driver is served, and in
 * the end nothing is left of descriptors, sockets, mappings and files.
 */
export function csmeWorld(): CsmeWorld {
  const world = new CsmeWorld();
  beforeEach(() => world.begin());
  afterEach(() => world.end());
  return world;
}

class CsmeWorld {
  folder = '';
  path = '';
  clock = new VirtualClock();
  csme: CsmePlug | undefined;
  events: CsmeEvent[] = [];
  problems: TransportError[] = [];
  /** Descriptors that are closed behind the test. */
  readonly files: number[] = [];
  readonly #mapped: ArrayBuffer[] = [];
  #before: Holdings | undefined;

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  get codes(): string[] {
    return this.problems.map(({ code }) => code);
  }

  begin(): void {
    this.folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
    this.path = join(this.folder, 'csme.sock');
    this.clock = new VirtualClock();
    this.events = [];
    this.problems = [];
    this.#before = holdings();
  }

  async end(): Promise<void> {
    const { csme } = this;
    if (csme !== undefined) {
      this.answerMaps(csme);
      await this.#serveNext();
      csme.close();
      this.csme = undefined;
      expect(existsSync(this.path)).toBe(false);
    }
    for (const file of this.files.splice(0)) closeSync(file);
    for (const memory of this.#mapped.splice(0)) native().memoryUnmap(memory);
    await turns(10);
    expect(holdings()).toEqual(this.#before);
    rmSync(this.folder, { recursive: true });
  }

  /** The firmware's end, plugged. It answers no map: `answerMaps` does. */
  listenOnly(options: UnixOptions = {}): CsmePlug {
    const onProblem = (error: TransportError) => this.problems.push(error);
    const end = listenUnixCsme(this.path, { clock: this.clock, onProblem, ...options });
    end.onEvent = (event) => this.events.push(event);
    end.plug();
    this.csme = end;
    return end;
  }

  /** The firmware's end, plugged, which takes every area. */
  listen(options: UnixOptions = {}): CsmePlug {
    const end = this.listenOnly(options);
    this.answerMaps(end);
    return end;
  }

  answerMaps(end: CsmePlug): void {
    end.onEvent = (event) => {
      this.events.push(event);
      if (event.type === 'mapRequest') end.perform({ type: 'mapAnswer', errno: 0 });
    };
  }

  /** A file of so many bytes, open. */
  fileOf(size: number, flags = 'r+'): number {
    const name = join(this.folder, `area-${this.files.length}`);
    writeFileSync(name, new Uint8Array(size));
    return this.kept(openSync(name, flags));
  }

  kept(file: number): number {
    this.files.push(file);
    return file;
  }

  /** Announces memory of the driver's own, and reads the acknowledgement. */
  async announce(driver: RawPeer, size: number = AREA_LAYOUTS[4].size): Promise<ArrayBuffer> {
    const fd = native().memoryCreate(size);
    const memory = native().memoryMap(fd, 0, size);
    driver.write(encodeAnnouncement(size, 0n), fd);
    native().close(fd);
    expect(await driver.read()).toEqual(ACK);
    this.#mapped.push(memory);
    return memory;
  }

  /** A driver that has announced its area and sent a message. */
  async connect(): Promise<RawPeer> {
    const driver = RawPeer.connect(this.path);
    await this.announce(driver);
    driver.write(encodeFrame(me(0)));
    expect(await driver.read()).toEqual(ACK);
    await until(() => this.events.some(({ type }) => type === 'me'));
    return driver;
  }

  /** The driver is dropped for this reason, and it sees it. */
  async dropped(driver: RawPeer, code: TransportError['code'], says = ''): Promise<void> {
    await until(() => this.problems.length > 0);
    expect(this.codes).toEqual([code]);
    expect(this.problems[0]?.message).toContain(says);
    // What had been written before may still be there.
    for (let bytes = await driver.read(); bytes.length > 0; bytes = await driver.read());
    driver.close();
  }

  async #serveNext(): Promise<void> {
    const seen = this.events.length;
    const driver = RawPeer.connect(this.path);
    await this.announce(driver);
    await until(() => this.events.slice(seen).some(({ type }) => type === 'area'));
    driver.close();
  }
}
