/** What one client may cost the web service. */

export interface WebLimits {
  /** Connections at the same time; one more is closed at once. */
  readonly connections: number;
  /** Bytes of request line and headers (431). */
  readonly headerBytes: number;
  /** Bytes of a request's body (413). */
  readonly bodyBytes: number;
  /** Time for the headers of a request, and for all of it (408). */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Time that a connection stays open between two requests. */
  readonly keepAliveTimeoutMs: number;
  /** Time that a client may take no byte of an answer, or send none of a request. */
  readonly silenceTimeoutMs: number;
  /** How often headersTimeoutMs and requestTimeoutMs are looked at. */
  readonly checkIntervalMs: number;
  /** Age up to which a nonce is good. */
  readonly nonceLifetimeMs: number;
  /** Nonces in use at the same time. */
  readonly nonces: number;
}

/** Long enough for a session to outlive a hand-over of the card, in which nothing is heard for some seconds. */
export const WEB_LIMITS: WebLimits = {
  connections: 32,
  headerBytes: 8192,
  bodyBytes: 64 * 1024,
  headersTimeoutMs: 20_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  silenceTimeoutMs: 120_000,
  checkIntervalMs: 1_000,
  nonceLifetimeMs: 300_000,
  nonces: 256,
};
