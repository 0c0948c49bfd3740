/**
 * Remarks that are the only place where a recording says that something happened: the script reached into the driver
 * or the shared area by another way than the wire.
 */

export type Hint =
  /** START was sent once more, through debugfs. */
  | { kind: 'restart' }
  /** CSME put its read pointer of a ring of the host past the end; it was repaired after the next write. */
  | { kind: 'damaged-pointer'; queue: 'notif' | 'data' }
  /** CSME sent a PING that is not in the recording, to show that the ring still works. */
  | { kind: 'unrecorded-ping' }
  /** The network device leaves no room for a SAP header before its frames. */
  | { kind: 'no-headroom' };

const PATTERNS: readonly [RegExp, (match: RegExpMatchArray) => Hint][] = [
  [/^debugfs send_start_message\b/, () => ({ kind: 'restart' })],
  [
    /^host -> CSME (notif|data): rd = size \+ \d+\b/,
    (match) => ({ kind: 'damaged-pointer', queue: match[1] as 'notif' | 'data' }),
  ],
  [
    /^CSME -> host notif: the size field in the control block changed by CSME\b/,
    () => ({ kind: 'unrecorded-ping' }),
  ],
  [/\bnot in the ring\b.*\bdropped from the host\b/, () => ({ kind: 'no-headroom' })],
];

export function hintOf(text: string): Hint | undefined {
  for (const [pattern, hint] of PATTERNS) {
    const match = text.match(pattern);
    if (match) return hint(match);
  }
  return undefined;
}
