/**
 * A trace as a ladder: the WLAN driver, the host and CSME as vertical lines, each message an arrow between two of them
 * with its headline on it. Works line by line, for a file as for a session that runs.
 *
 *           time WLAN  host                                                  CSME
 *       0.000000  ┊────▶│ register()                                           │
 *       0.005842  ┊     │── START supportedVersions=4 ────────────────────────▶│
 *       0.009799  ┊     │◀─────────────────── START_OK supportedVersion=4 ─────│
 *       0.062471  ┊     │                                            bell 2 ◁┄│
 */
import { ME_MSG } from '../sap/index.ts';
import { type Description, describe } from './describe.ts';
import type { BusEvent, FrameEvent, TraceEvent, WireEvent } from './event.ts';
import { ASCII, type Glyphs, type Palette, palette, UNICODE } from './palette.ts';
import { cut, padEnd, widthOf, wrap } from './text.ts';

export interface LadderOptions {
  /** Columns of the terminal; 80, and never less than 60. */
  width?: number;
  /** Box drawing and arrows; else ASCII. */
  unicode?: boolean;
  colours?: boolean;
  /** Below each message its fields, and a dump of the bytes that no field explains. */
  verbose?: boolean;
  /** The time that is 0; the first event's. */
  from?: number;
}

const TIME = 10;
/** What stands between the WLAN driver's line and the host's. */
const CALL = 5;
/** Time, a space, the sign of a frame from the air, the two lines on the left with the space between them. */
const LEFT = TIME + 1 + 1 + 1 + CALL + 1;
const MIN_WIDTH = 60;
/** A pause longer than this gets a line of its own. */
const PAUSE_SECONDS = 1;

export class Ladder {
  readonly #glyphs: Glyphs;
  readonly #paint: Palette;
  readonly #verbose: boolean;
  readonly #width: number;
  /** Columns between the host's line and CSME's. */
  readonly #lane: number;
  #from: number | undefined;
  #last: number | undefined;
  #status = '';

  constructor(options: LadderOptions = {}) {
    this.#glyphs = (options.unicode ?? true) ? UNICODE : ASCII;
    this.#paint = palette(options.colours ?? false);
    this.#verbose = options.verbose ?? false;
    this.#width = Math.max(MIN_WIDTH, options.width ?? 80);
    this.#lane = this.#width - LEFT - 1;
    this.#from = options.from;
  }

  /** The names of the lines. */
  header(): string {
    const names = `${'time'.padStart(TIME)} WLAN  host`;
    return this.#paint.strong(`${names}${'CSME'.padStart(this.#width - names.length)}`);
  }

  /** Sets the time that is 0, unless it is set. */
  startAt(t: number): void {
    this.#from ??= t;
  }

  /** The text of an event, of one line or more; `undefined` when there is nothing to show. */
  line(event: TraceEvent): string | undefined {
    if (event.ch === 'error')
      return this.#remark('', this.#glyphs.bad, describe(event).headline, this.#paint.bad);
    this.#from ??= event.t;
    const rows: string[] = [];
    const pause = event.t - (this.#last ?? event.t);
    if (pause >= PAUSE_SECONDS) rows.push(this.#pause(pause));
    this.#last = event.t;
    rows.push(this.#event(event, formatOffset(event.t - this.#from)));
    return rows.join('\n');
  }

  /**
   * A line with the state of things, such as `{ owner: 'host', rfkill: 'off' }`; `undefined` when it is what the last
   * one said. What changed is emphasised.
   */
  status(fields: Readonly<Record<string, string>>): string | undefined {
    const words = Object.entries(fields).map(([name, value]) => `${name} ${value}`);
    const text = words.join(` ${this.#glyphs.between} `);
    if (text === this.#status) return undefined;
    this.#status = text;
    const { heavy, ellipsis } = this.#glyphs;
    const room = this.#width - TIME - 2;
    const shown = cut(text, room - 6, ellipsis);
    const tail = heavy.repeat(room - 4 - widthOf(shown));
    return `${' '.repeat(TIME + 2)}${heavy}${heavy} ${this.#paint.strong(shown)} ${tail}`;
  }

  #event(event: Exclude<TraceEvent, { ch: 'error' }>, time: string): string {
    const { quiet, bad, fromHost, fromCsme } = this.#paint;
    const about = describe(event);
    switch (event.ch) {
      case 'note':
      case 'unknown':
        return this.#remark(time, this.#glyphs.note, about.headline, quiet);
      case 'me':
      case 'notif':
      case 'data': {
        const paint = about.bad ? bad : isBell(event) ? quiet : event.dir === 'h2m' ? fromHost : fromCsme;
        const arrow = isBell(event) ? this.#bell(event) : this.#arrow(event, about.headline);
        return this.#rows(time, ' ', '', paint(arrow), isBell(event) ? undefined : about);
      }
      case 'frame':
        return this.#frame(event, time, about);
      case 'bus':
        return this.#rows(time, ' ', '', this.#bus(event, about), this.#ifCut(about));
      case 'area':
        return this.#rows(
          time,
          ' ',
          '',
          this.#says({ ...about, headline: `${this.#glyphs.bus} ${about.headline}` }),
          about,
        );
      default: {
        const zone = event.dir === 'wifi>drv' ? this.#glyphs.toHost : this.#glyphs.toWlan;
        return this.#rows(time, ' ', zone, this.#says(about), this.#ifCut(about));
      }
    }
  }

  #frame(event: FrameEvent, time: string, about: Description): string {
    const { fromAir, toAir, toStack } = this.#glyphs;
    const [sign, words] = {
      'peer0>wlan0': [fromAir, 'from the air'],
      'wlan0>peer0': [toAir, 'to the air'],
      'wlan0>stack': [toStack, "to the host's stack"],
    }[event.dir] as [string, string];
    return this.#rows(
      time,
      sign,
      '',
      this.#says({ ...about, headline: `${words}: ${about.headline}` }),
      about,
    );
  }

  #bus(event: BusEvent, about: Description): string {
    const who = event.dir === 'drv' ? 'bus' : 'bus ctl';
    return this.#says({ ...about, headline: `${this.#glyphs.bus} ${who}: ${about.headline}` });
  }

  /** A call says all that it has in its headline, unless that is too long. */
  #ifCut(about: Description): Description | undefined {
    return widthOf(about.headline) > this.#lane - CALL ? about : undefined;
  }

  /** Words beside the host's line. */
  #says(about: Description): string {
    const text = padEnd(` ${cut(about.headline, this.#lane - 2, this.#glyphs.ellipsis)}`, this.#lane);
    return about.bad ? this.#paint.bad(text) : text;
  }

  #arrow(event: WireEvent, headline: string): string {
    const { dash, heavy, left, right, ellipsis } = this.#glyphs;
    const line = event.ch === 'data' ? heavy : dash;
    const label = ` ${cut(headline, this.#lane - 6, ellipsis)} `;
    const rest = line.repeat(this.#lane - 3 - widthOf(label));
    return event.dir === 'h2m'
      ? `${line}${line}${label}${rest}${right}`
      : `${left}${rest}${label}${line}${line}`;
  }

  /** A short mark at the sender: bells are many, and say nothing but "look". */
  #bell(event: WireEvent): string {
    const { dot, bellLeft, bellRight } = this.#glyphs;
    const label = `bell ${u32(event.bytes, 4)}`;
    return event.dir === 'h2m'
      ? `${dot}${bellRight} ${label}`.padEnd(this.#lane)
      : `${label} ${bellLeft}${dot}`.padStart(this.#lane);
  }

  #rows(time: string, air: string, zone: string, lane: string, about: Description | undefined): string {
    const row = this.#row(time, air, zone, lane);
    if (!this.#verbose || about === undefined) return row;
    const room = this.#lane - 2;
    const details = about.details().flatMap((line) => wrap(line, room));
    return [row, ...details.map((line) => this.#row('', ' ', '', ` ${padEnd(line, room)} `))].join('\n');
  }

  #row(time: string, air: string, zone: string, lane: string): string {
    const { wlan, host, csme } = this.#glyphs;
    const left = `${air}${wlan}${zone === '' ? ' '.repeat(CALL) : zone}${host}`;
    return `${this.#paint.quiet(time.padStart(TIME))} ${left}${lane}${csme}`;
  }

  #remark(time: string, sign: string, text: string, paint: (text: string) => string): string {
    const lines = wrap(text, this.#width - TIME - 4);
    return lines
      .map((line, i) => {
        const start = this.#paint.quiet((i === 0 ? time : '').padStart(TIME));
        return `${start}  ${paint(`${i === 0 ? sign : ' '} ${line}`)}`;
      })
      .join('\n');
  }

  #pause(seconds: number): string {
    const text = padEnd(` ${seconds.toFixed(seconds < 10 ? 2 : 1)} s later`, this.#lane);
    return this.#row(this.#glyphs.gap, ' ', '', this.#paint.quiet(text));
  }
}

function isBell(event: WireEvent): boolean {
  return event.ch === 'me' && event.bytes.length >= 4 && u32(event.bytes, 0) === ME_MSG.CHECK_SHARED_AREA;
}

function u32(b: Uint8Array, o: number): number {
  return o + 4 > b.length ? 0 : (b[o]! | (b[o + 1]! << 8) | (b[o + 2]! << 16) | (b[o + 3]! << 24)) >>> 0;
}

/** Seconds in at most ten columns, with as many places as fit. */
function formatOffset(seconds: number): string {
  const whole = seconds.toFixed(0).length;
  return whole > TIME - 1 ? seconds.toExponential(2) : seconds.toFixed(Math.min(6, TIME - 1 - whole));
}
