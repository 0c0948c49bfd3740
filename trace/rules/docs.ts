/** The parts of `docs/rules.md` that the catalogue and the tolerances give. */
import { RULE_IDS, RULES, type RuleId } from './catalogue.ts';

/** What the first word of an id stands for. */
const TOPICS: { readonly [topic: string]: string } = {
  map: 'Mapping the area',
  start: 'Start-up',
  sap: 'SAP messages',
  bell: 'Door bell',
  ring: 'Rings',
  init: 'Initial configuration',
  settings: 'Settings as they come',
  driver: 'The WLAN driver',
  ping: 'PING',
  nvm: 'NVM',
  pldr: 'Product reset',
  own: 'Ownership',
  lp: 'Link protection',
  rx: 'Frames from the air',
  tx: 'Frames to the air',
  removal: 'The end of a link',
  hostile: 'A CSME that misbehaves',
};

/** The generated sections of the page, by name. */
export function ruleSections(): ReadonlyMap<string, string> {
  return new Map([['rules', rulesText()]]);
}

function rulesText(): string {
  const parts: string[] = [''];
  for (const [topic, title] of Object.entries(TOPICS)) {
    const ids = RULE_IDS.filter((id) => id.startsWith(`${topic}.`));
    parts.push(`### ${title}`, ...ids.map(ruleText));
  }
  return `${parts.join('\n\n').trimStart()}\n`;
}

function ruleText(id: RuleId): string {
  const { title, severity, source, doc } = RULES[id];
  return `**\`${id}\`** (${severity}): ${title}. ${doc}<br>Source: ${source}.`;
}
