/** Clients that do nothing but answer: one request, one answer. */
import type { MeClient, MeClientProperties } from '../client.ts';

/**
 * A client of a function from request, and the time of the device's clock, to answer. An empty answer goes out as an empty message; undefined means that the
 * message is no request at all, and the firmware ends the connection.
 */
export function answering(
  properties: MeClientProperties,
  answer: (request: Uint8Array, nowMs: number) => Uint8Array | undefined,
): MeClient {
  return {
    ...properties,
    accept: (link) => ({
      onMessage(request, vtag) {
        const bytes = answer(request, link.nowMs);
        if (bytes === undefined) link.disconnect();
        else link.send(bytes, { vtag });
      },
    }),
  };
}
