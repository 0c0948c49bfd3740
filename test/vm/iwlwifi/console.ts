/** Somebody at a remote console: one TCP connection to AMT's web service, from the network behind the air. */
import { fileURLToPath } from 'node:url';
import { AMT_HTTP, type Credentials } from '../../../csme/network/index.ts';
import type { Air } from './air.ts';
import { Daemon } from './programs.ts';

const PROGRAM = fileURLToPath(new URL('console.py', import.meta.url));

export interface ConsoleReport {
  readonly pages: number;
  /** The longest time from one page to the next, in ms. */
  readonly silentMs: number;
}

export interface RemoteConsole {
  /** Pages that were read so far. */
  readonly pages: number;
  /** Resolves when so many more pages were read than now; rejects when the session breaks. */
  more(pages: number): Promise<void>;
  /** The session ends in order. Rejects when it broke before. */
  end(): Promise<ConsoleReport>;
  kill(): Promise<void>;
}

/** Opens the connection; resolves when the first page has come. */
export async function openConsole(
  air: Air,
  ipv4: string,
  { user, password }: Credentials,
): Promise<RemoteConsole> {
  const words = air.inside('/usr/bin/python3', PROGRAM, ipv4, String(AMT_HTTP), '/index.htm', user);
  const daemon = await Daemon.start(words);
  daemon.write(`${password}\n`);
  await daemon.until(/^page 1$/);
  const pages = () => daemon.lines.filter((line) => line.startsWith('page ')).length;
  return {
    get pages() {
      return pages();
    },
    async more(count) {
      await daemon.until(new RegExp(`^page ${pages() + count}$`));
    },
    async end() {
      daemon.write('\n');
      const report = JSON.parse(await daemon.until(/^\{/)) as ConsoleReport;
      await daemon.stop();
      return report;
    },
    kill: () => daemon.stop('SIGKILL'),
  };
}
