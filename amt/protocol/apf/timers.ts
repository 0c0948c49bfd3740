/** How long an APF session waits for what. */

export interface ApfTimerSpec {
  readonly ms: number;
  /** What has not happened by then, and what is done. */
  readonly when: string;
  /** Where the length comes from. */
  readonly source: string;
}

export const APF_TIMERS = {
  start: {
    ms: 5_000,
    when: 'The firmware has asked for no port since it was connected: it is disconnected and tried again.',
    source: "Intel's LMS waits so long for port 16992 or 16993.",
  },
  retry: {
    ms: 1_000,
    when: 'After a session that failed the next is tried.',
    source: "Intel's LMS; 35 times.",
  },
  slowRetry: {
    ms: 60_000,
    when: 'The same, once that has failed 35 times in a row.',
    source: "Chosen. Intel's LMS gives up.",
  },
  reach: {
    ms: 8_000,
    when: 'A service of the host that the firmware wants was not reached: the firmware is told.',
    source: "Intel's LMS, after the firmware's own limit.",
  },
  open: {
    ms: 10_000,
    when: 'The other side has not answered CHANNEL_OPEN: the connection is refused.',
    source: 'Chosen.',
  },
  close: {
    ms: 10_000,
    when: 'The other side has not answered CHANNEL_CLOSE: the channel counts as lost. A session with no other channels left starts again.',
    source: 'Chosen.',
  },
  waiting: {
    ms: 30_000,
    when: 'No channel has become free for a local connection: it is refused.',
    source: 'Chosen.',
  },
  stall: {
    ms: 60_000,
    when: 'The other side has made no room for bytes that are queued, or the carrier takes none: the connection is closed.',
    source: 'Chosen.',
  },
  unanswered: {
    ms: 30_000,
    when: 'The local program has sent its last and nothing came back since: the channel is closed.',
    source: 'Chosen: longer than any call of WS-Management takes.',
  },
  answered: {
    ms: 3_000,
    when: 'The same, where something came back and then nothing more.',
    source: 'Chosen.',
  },
} as const satisfies Readonly<Record<string, ApfTimerSpec>>;

/** Tries of a session at intervals of `retry`, before `slowRetry`. Source: Intel's LMS. */
export const APF_QUICK_TRIES = 35;
