/** AMT's watchdog client: START and STOP of the host, its events, and whether the host may switch AMT on and off. */
import {
  AmtChange,
  AmtError,
  decodeFromHost,
  encodeStateAnswer,
  encodeWatchdog,
  type HostWatchdogMessage,
  WatchdogState,
} from '../../../amt/protocol/index.ts';
import type { Amt } from '../../amt/index.ts';
import type { MeClient, MeLink, MeTimer } from '../client.ts';
import { Watchdog, type WatchdogEvent } from '../watchdog.ts';

export const WATCHDOG_GUID = '05b79a6f-4628-4d7f-899d-a91514cb32ab';

export interface WatchdogOptions {
  /** 2 when left out; 1 is a firmware that does not answer START. */
  readonly protocolVersion?: 1 | 2;
  /** Answers come so much later; `Infinity`: never. */
  readonly answerAfterMs?: number;
  /** What comes behind a STOP; an empty message when left out. */
  readonly stopAnswer?: Uint8Array | 'none';
  readonly onEvent?: (event: WatchdogEvent) => void;
}

/** The client, and the watchdog behind it for who puts the machine to sleep or looks at it. */
export interface WatchdogClient extends MeClient {
  readonly watchdog: Watchdog;
}

/** Whether it is required is AMT's affair (`watchdogRequired`, `enabled`): the host is notified when it becomes so. */
export function watchdogClient(amt: Amt, options: WatchdogOptions = {}): WatchdogClient {
  const { protocolVersion = 2, onEvent = () => undefined } = options;
  const watchdog = new Watchdog(onEvent);
  let timer: MeTimer | undefined;
  let link: MeLink | undefined;
  /** When the last answer that is on its way is there. */
  let answeredAtMs = 0;
  const isRequired = ({ enabled, watchdogRequired }: Amt['state']): boolean => enabled && watchdogRequired;
  // Connections come and go: the alarm is for when there is none.
  const arm = (): void => timer?.wakeAt(watchdog.nextTimeoutAt());

  amt.onChange(({ before, state }) => {
    if (isRequired(before) === isRequired(state)) return;
    // Behind an answer that says otherwise: the host takes the last word for what is so.
    if (isRequired(state)) link?.notify(Math.max(0, answeredAtMs - link.nowMs));
    else if (timer !== undefined) watchdog.release(timer.nowMs);
    arm();
  });

  function answer(message: HostWatchdogMessage, nowMs: number): Uint8Array | undefined {
    switch (message.name) {
      case 'START': {
        const required = isRequired(amt.state);
        if (required) watchdog.start(nowMs, message.timeoutS);
        if (protocolVersion < 2) return undefined;
        const wdstate = required ? 0 : WatchdogState.NOT_REQUIRED;
        return encodeWatchdog({ name: 'START_RESPONSE', status: 0, wdstate });
      }
      case 'STOP':
        watchdog.stop(nowMs);
        return options.stopAnswer === 'none' ? undefined : (options.stopAnswer ?? new Uint8Array(0));
      case 'IS_CHANGE_TO_AMT_ENABLED':
        return encodeStateAnswer('IS_CHANGE_TO_AMT_ENABLED', { flags: changeFlags(amt.state) });
      case 'SET_AMT_OPERATIONAL_STATE': {
        // Other values have no meaning.
        if (message.state > 1) return undefined;
        const enabled = message.state === 1;
        const status = amt.perform(nowMs, { type: 'setEnabled', enabled, by: 'host' });
        return encodeStateAnswer('SET_AMT_OPERATIONAL_STATE', { status });
      }
    }
  }

  return {
    name: 'WATCHDOG',
    guid: WATCHDOG_GUID,
    protocolVersion,
    maxMessageLength: 64,
    // With more the kernel's bus does not offer it to mei_wdt.
    maxConnections: 1,
    watchdog,
    onAttach(given) {
      timer = given;
    },
    onTimer() {
      if (timer !== undefined) watchdog.handleTimeout(timer.nowMs);
    },
    onReset() {
      watchdog.reset();
    },
    accept(given) {
      link = given;
      return {
        onMessage(bytes) {
          const message = decodeFromHost(bytes);
          // What is no message is dropped: the host waits for an answer that does not come.
          if (message instanceof AmtError) return;
          const response = answer(message, given.nowMs);
          arm();
          if (response === undefined) return;
          const { answerAfterMs = 0 } = options;
          given.send(response, { delayMs: answerAfterMs });
          const atMs = given.nowMs + answerAfterMs;
          if (atMs !== Number.POSITIVE_INFINITY) answeredAtMs = Math.max(answeredAtMs, atMs);
        },
        onNotifications: () => true,
        onClose() {
          link = undefined;
        },
      };
    },
  };
}

function changeFlags({ hostMayChangeEnabled, enabled, tlsEnabled }: Amt['state']): number {
  return (
    AmtChange.NEW_INTERFACE |
    AmtChange.CIRA_TIMER_FIX |
    (hostMayChangeEnabled ? AmtChange.CHANGE_ENABLED : 0) |
    (enabled ? AmtChange.OPERATIONAL : 0) |
    (tlsEnabled ? AmtChange.TLS_ON_LOCAL_PORTS : 0)
  );
}
