import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Turn, Turns } from '../../../netlink-bridge/netlink/turns.ts';

it('listings and long requests never meet, and all of them come to their turn', async () => {
  const step = fc.constantFrom<Turn | 'end'>('listing', 'long', 'end');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const turns = new Turns();
      const under: Turn[] = [];
      let begun = 0;
      const settle = () => new Promise((resolve) => setImmediate(resolve));
      const end = async () => {
        const turn = under.shift();
        if (turn !== undefined) turns.end(turn);
        await settle();
        expect(new Set(under).size).toBeLessThan(2);
      };
      for (const what of steps) {
        if (what === 'end') await end();
        else
          void turns.begin(what).then(() => {
            under.push(what);
            begun++;
          });
      }
      await settle();
      while (under.length > 0) await end();
      expect(begun).toBe(steps.filter((what) => what !== 'end').length);
    }),
  );
});
