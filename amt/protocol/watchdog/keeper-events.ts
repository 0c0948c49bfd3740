/** What goes into the watchdog's keeper and what comes out of it. */

/** Why the watchdog could not be opened, or is not there any more. What it means in words is told by who opens it. */
export type Unavailable =
  /** AMT does not require it now; `appeared` comes when that changes, if somebody can tell. */
  | 'not required'
  /** Any other failure: it is tried again. */
  | 'failed';

export type KeeperInput =
  | { readonly type: 'start' }
  /** Answers of `open`, `setTimeout`, `ping` and `close`; each of them is answered once. */
  | { readonly type: 'opened' }
  | { readonly type: 'unavailable'; readonly why: Unavailable; readonly detail: string }
  | { readonly type: 'done' }
  /** `gone`: the watchdog is not there any more, as after a suspend; it may be there again soon. */
  | { readonly type: 'failed'; readonly gone: boolean; readonly detail: string }
  | { readonly type: 'closed' }
  /** What is open is not there any more: whoever opened it knows at once. */
  | { readonly type: 'gone'; readonly detail: string }
  /** It can be opened now. */
  | { readonly type: 'appeared' }
  /** The machine goes to sleep, and is awake again. */
  | { readonly type: 'sleep' }
  | { readonly type: 'wake' }
  | { readonly type: 'stop' };

export type KeeperOutput =
  | { readonly type: 'open' }
  /** Sets the timeout, which pings. */
  | { readonly type: 'setTimeout'; readonly timeoutS: number }
  | { readonly type: 'ping' }
  /** Stops the watchdog. */
  | { readonly type: 'close' }
  | ({ readonly type: 'tell' } & KeeperNews);

/** What is worth telling somebody who watches. */
export type KeeperNews =
  /** The firmware watches from now on. */
  | { readonly name: 'armed'; readonly timeoutS: number }
  | { readonly name: 'beat'; readonly number: number }
  /** A heart beat came so long after the firmware's patience had ended: it has alarmed meanwhile. */
  | { readonly name: 'late'; readonly byMs: number }
  /** The firmware has not answered a heart beat for a whole period. */
  | { readonly name: 'unanswered' }
  | { readonly name: 'not required'; readonly detail: string }
  /** It could not be opened several times in a row; told once. From now on it is tried again after this time. */
  | { readonly name: 'unavailable'; readonly detail: string; readonly retryMs: number }
  /** A heart beat failed: it is opened again for the next one. */
  | { readonly name: 'failed'; readonly detail: string }
  | { readonly name: 'gone'; readonly detail: string }
  | { readonly name: 'asleep' }
  | { readonly name: 'awake' }
  | { readonly name: 'stopped' };
