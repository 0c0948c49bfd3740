import { constants } from 'node:os';
import { expect, it } from 'vitest';
import * as sap from '../../sap/index.ts';

const NUMBERS = Object.entries(sap).filter(([name]) => /^E[A-Z]+$/.test(name) && name in constants.errno);

it.skipIf(process.platform !== 'linux')('are the numbers of Linux, and know their names', () => {
  expect(NUMBERS.map(([name]) => name)).toContain('ENODEV');
  for (const [name, value] of NUMBERS) {
    const number = value as number;
    expect(number, name).toBe(constants.errno[name as keyof typeof constants.errno]);
    expect(sap.errnoName(number)).toBe(name);
    expect(sap.errnoName(-number)).toBe(name);
  }
});

it('other numbers have no name', () => {
  expect([sap.errnoName(0), sap.errnoName(9999)]).toEqual([undefined, undefined]);
});
