/** Where a command writes: data to stdout, talk to stderr. */
import { EXIT_CODES } from './exit.ts';

/** What the terminal behind stdout can show. */
export interface Terminal {
  /** Columns; 80 when stdout is no terminal and COLUMNS does not say. */
  width: number;
  colours: boolean;
  unicode: boolean;
  /** A person looks at it. */
  interactive: boolean;
}

const MAX_WIDTH = 120;
const BLOCK = 65536;

export function terminalOf(
  stream: { isTTY?: boolean; columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const interactive = stream.isTTY === true;
  const columns = stream.columns ?? Number(env.COLUMNS ?? Number.NaN);
  const width = Number.isInteger(columns) && columns > 0 ? Math.min(columns, MAX_WIDTH) : 80;
  const wanted = interactive && env.TERM !== 'dumb';
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0';
  const colours = (wanted || forced) && !env.NO_COLOR;
  return { width, colours, unicode: isUtf8(env), interactive };
}

/** A locale that says nothing is taken for UTF-8 when nobody looks: files and pipes are. */
function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  if (locale === '') return env.TERM !== 'linux';
  return /utf-?8/i.test(locale);
}

export class Output {
  readonly terminal: Terminal = terminalOf(process.stdout, process.env);
  #pending = '';

  constructor() {
    // The reader of a pipe has seen enough (`| head`): that is its right, and no failure.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT_CODES.good.status);
      this.say(`sapwood: cannot write the output: ${error.code}.`);
      process.exit(EXIT_CODES.environment.status);
    });
  }

  /**
   * Data, a line or more. Where nobody looks it is written in blocks; `flush` writes what is left. Gives a promise when
   * stdout wants a pause.
   */
  print(text: string): Promise<void> | undefined {
    this.#pending += `${text}\n`;
    return this.terminal.interactive || this.#pending.length >= BLOCK ? this.flush() : undefined;
  }

  async flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    if (text === '' || process.stdout.write(text)) return;
    await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
  }

  /** Talk: what is no data. */
  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}
