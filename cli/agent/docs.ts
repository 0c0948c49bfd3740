/** The generated parts of docs/agent.md. */
import { STEPS } from '../../netlink-bridge/agent/index.ts';
import { CONFIG_KEYS } from './config.ts';

export function agentSections(): ReadonlyMap<string, string> {
  const steps = Object.entries(STEPS).map(([step, { says }]) => `${step}. ${says}`);
  const keys = Object.entries(CONFIG_KEYS).map(([name, { form, fallback, fallbackText, doc }]) => {
    const otherwise = fallbackText ?? `\`${JSON.stringify(fallback)}\``;
    return `| \`${name}\` | ${form} | ${otherwise} | ${doc} |`;
  });
  return new Map([
    ['steps', steps.join('\n')],
    ['keys', ['| key | is | left out | does |', '|---|---|---|---|', ...keys].join('\n')],
  ]);
}
