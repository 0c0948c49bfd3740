/** Asks AMT, and prints what it says or why it does not. */
import { askAmthi, readAmtInfo } from '../../amt/index.ts';
import type { ExitName } from '../exit.ts';
import type { Output } from '../output.ts';
import { absenceOf } from './absence.ts';
import { absenceJson } from './info.ts';
import { infoJson, infoText } from './info-text.ts';

export async function printAnswers(output: Output, json: boolean, device: string): Promise<ExitName> {
  const info = await askAmthi(device, {}, readAmtInfo).catch(async (error: unknown) => {
    const absence = absenceOf(error);
    if (absence === undefined) throw error;
    if (json) await output.print(JSON.stringify(absenceJson(device, absence.amt, absence.problem)));
    throw absence.problem;
  });
  if (json) await output.print(JSON.stringify(infoJson(device, info)));
  else for (const line of infoText(device, info, output.terminal.width)) await output.print(line);
  return 'good';
}
