/** The HTML pages of the emulated AMT. */
import { escapeText } from '../../../amt/web/index.ts';
import type { AmtState } from '../../amt/index.ts';

const TITLE = 'Intel&reg; Active Management Technology';

/** What everybody may see. */
export function logonPage(): string {
  return page(
    '<h1>Log On</h1><p>Log on to Intel&reg; Active Management Technology on this computer.</p>' +
      '<form method="get" action="/index.htm"><p><input type="submit" value="Log On..."></p></form>',
  );
}

/** System status: what AMT shows first to who has logged on. */
export function indexPage(state: AmtState): string {
  const rows = [
    ['Computer', [state.hostName, state.domainName].filter((part) => part !== '').join('.')],
    ['System ID', state.uuid],
    ['Firmware version', state.version],
    ['Power', state.powerSource === 0 ? 'AC' : 'DC'],
    ['Control mode', CONTROL_MODES[state.controlMode]],
    ['Wireless network', state.wifi.lastConnectedSsidUnderMeControl || 'none'],
  ] as const;
  const table = rows
    .map(([name, value]) => `<tr><th>${name}</th><td>${escapeText(value)}</td></tr>`)
    .join('');
  return page(`<h1>System Status</h1><table>${table}</table>`);
}

const CONTROL_MODES = ['none', 'client', 'admin'] as const;

/** A page that says what went wrong. */
export function problemPage(title: string, sentence: string): string {
  return page(`<h1>${escapeText(title)}</h1><p>${escapeText(sentence)}</p>`);
}

function page(body: string): string {
  return (
    '<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8">' +
    `<title>${TITLE}</title></head><body>${body}</body></html>\n`
  );
}
