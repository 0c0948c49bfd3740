import { describe, expect, it } from 'vitest';
import { BY_HAND, type ByHand } from '../../bench/anchors/by-hand.ts';
import { samples } from '../../bench/samples.ts';
import { decodeSap, encodeSap, type KnownMessage, SAP_MESSAGES } from '../../sap/index.ts';

describe('what the codec is measured against does the same work', () => {
  it.each(SAP_MESSAGES.filter(({ short }) => BY_HAND[short]).map(({ short }) => short))('%s', (name) => {
    const hand = BY_HAND[name] as ByHand<KnownMessage>;
    for (const bytes of samples().get(name)!) {
      const message = decodeSap(bytes) as KnownMessage;
      expect(hand.decode(bytes)).toEqual(message);
      expect(hand.encode(message, message.seqNum)).toEqual(bytes);
      expect(encodeSap(message, message.seqNum)).toEqual(bytes);
    }
  });
});
