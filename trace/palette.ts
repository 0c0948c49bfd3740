/** The signs and the colours of a ladder. */
import picocolors from 'picocolors';

export interface Glyphs {
  wlan: string;
  host: string;
  csme: string;
  dash: string;
  heavy: string;
  dot: string;
  right: string;
  left: string;
  bellRight: string;
  bellLeft: string;
  toWlan: string;
  toHost: string;
  fromAir: string;
  toAir: string;
  toStack: string;
  note: string;
  bus: string;
  bad: string;
  gap: string;
  ellipsis: string;
  between: string;
}

export const UNICODE: Glyphs = {
  wlan: '┊',
  host: '│',
  csme: '│',
  dash: '─',
  heavy: '═',
  dot: '┄',
  right: '▶',
  left: '◀',
  bellRight: '▷',
  bellLeft: '◁',
  toWlan: '◀────',
  toHost: '────▶',
  fromAir: '»',
  toAir: '«',
  toStack: '^',
  note: '#',
  bus: '◆',
  bad: '✗',
  gap: '⋮',
  ellipsis: '…',
  between: '·',
};

export const ASCII: Glyphs = {
  wlan: ':',
  host: '|',
  csme: '|',
  dash: '-',
  heavy: '=',
  dot: '.',
  right: '>',
  left: '<',
  bellRight: '>',
  bellLeft: '<',
  toWlan: '<----',
  toHost: '---->',
  fromAir: '>',
  toAir: '<',
  toStack: '^',
  note: '#',
  bus: '*',
  bad: '!',
  gap: ':',
  ellipsis: '...',
  between: '-',
};

type Paint = (text: string) => string;

/**
 * What a colour stands for. Only colours that read on dark and on light backgrounds; each repeats what a sign or a word
 * says too.
 */
export interface Palette {
  fromHost: Paint;
  fromCsme: Paint;
  bad: Paint;
  good: Paint;
  quiet: Paint;
  strong: Paint;
}

export function palette(colours: boolean): Palette {
  const c = picocolors.createColors(colours);
  return {
    fromHost: c.cyan,
    fromCsme: c.magenta,
    bad: c.red,
    good: c.green,
    quiet: c.dim,
    strong: c.bold,
  };
}
