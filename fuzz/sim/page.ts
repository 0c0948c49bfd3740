/** `docs/verification.md`, written from what a run found. */
import { CONFIGURATIONS } from './model/configurations.ts';
import type { Exploration } from './model/explore.ts';
import { INVARIANTS } from './model/invariants.ts';
import { MOST_IN_FLIGHT } from './model/world.ts';
import type { SimulationReport } from './pair/simulate.ts';
import { KILLS_IN_ROUND, type KillReport } from './processes/kill.ts';

export interface Timed {
  readonly exploration: Exploration;
  readonly seconds: number;
  readonly megabytes: number;
}

type Seeded<Report> = Report & { readonly seed: number };

export function page(
  found: readonly Timed[],
  simulation: Seeded<SimulationReport>,
  killed: Seeded<KillReport>,
  planted: readonly { readonly what: string; readonly exploration: Exploration }[],
  machine: string,
): string {
  const rows = found.map(({ exploration: e, seconds, megabytes }) => {
    const about = CONFIGURATIONS.find((c) => c.name === e.configuration)?.about ?? '';
    const end = e.violation
      ? `**${e.violation.invariant}**`
      : e.complete
        ? 'all'
        : `stopped at the limit, depth ${e.depth}`;
    return `| ${e.configuration} | ${about} | ${n(e.states)} | ${n(e.transitions)} | ${n(e.hosts)} | ${n(e.firmwares)} | ${e.depth} | ${seconds.toFixed(0)} s | ${megabytes.toFixed(0)} MB | ${end} |`;
  });
  return `# Verification

Three ways to look for what no test thought of: the machines of both sides are joined, and everything that can happen to
them happens in any order. Written by \`node dist/fuzz/sim/main.js doc\` from the run that it describes (${machine}).

## What must hold
Most of it is asked when nothing is in flight: while a taking or its confirmation is under way, both sides may take the
card for theirs for a moment.

${Object.entries(INVARIANTS)
  .map(([name, says]) => `- **${name}**: ${says}`)
  .join('\n')}

## Every state
\`fuzz/sim/model\` visits every state of host × CSME × channels, breadth first: a broken invariant is reported with the
shortest way to it. The steps are those of \`ownership\` (\`step\`) and \`csme\` (\`firmwareStep\`), the messages pass
through the codec. No one configuration takes all commands at once; each takes a part of them completely.

| configuration | what it is about | states | transitions | hosts | firmwares | depth | time | memory | visited |
|---|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}

*hosts* and *firmwares* are the distinct states of each part; *depth* is the length of the longest of the shortest ways.

What the search leaves out, and what it takes more generally than it is:
- **Time.** A deadline is only armed or not; any armed timer may go off at any moment, in any order. That is more than
  can happen. What takes a real clock (bounds in milliseconds, the throttle of the door bell) is the simulation's.
- **In flight.** Each side has at most ${MOST_IN_FLIGHT} bursts under way; a burst is all that one step writes, be it one notification or
  the whole initial configuration, and is read one message at a time. A step that would write a third burst waits: the
  rings do not fill up here.
- **Door bells.** A notification that lies in a ring may be read at any moment; a bell that is late or lost is a message
  that is read later. START and START_OK stand in the order of the notifications; in \`start and removal\` they may vanish.
- **Numbers.** Sequence numbers are no part of a state. Settings have two values each (or none and one), access points are the
  protected one and another; callers are known by few fixed numbers, and those of get_ownership by the order of their deadlines.
- **Losses.** A reset or a failing bus is known to CSME at once and to the host at any later time; until then it goes on.
- **AMT on again.** A WLAN driver that leaves while AMT is off does it silently, and a WIFIDR_UP of before may still be in
  flight: CSME cannot know. In the two configurations that switch AMT in the middle of things (*ownership*, *start and
  removal*), and in *combined*, what CSME knows of the driver is not asked.
- **The whole at once.** *combined* is too large to be visited completely: it is searched to the depth that the table says.
  SAP 3 firmware, refused maps, a second START, suspend and resume, frames and full rings are not in it.
- **The link that comes back** is compared at every state in which both sides have lost it: the link is started, all
  messages arrive, and host and firmware must equal a host that was only given the settings and a firmware that has just
  started, with the same AMT state, session, card and filters.

\`node dist/fuzz/sim/main.js explore small\` runs one configuration; without names, all.

## Random interleavings
\`fuzz/sim/pair\` joins the real \`Host\` and the real \`Csme\`, with the shared area and its rings, on a virtual clock:
all commands of the WLAN driver, all of the firmware, frames, ME messages that come late, vanish or are refused, resets,
removals, random profiles, and in a quarter of the runs one or two misbehaviours (the invariants of a quiet link are then
asked only at the end, when they were taken away). Each run ends with calm (200 s), after which
nobody may wait any more, a link that is lost and comes back, and the comparison with a pair that never met before.
Besides the invariants above: every call of the WLAN driver returns within its bound (get_ownership 500 ms, get_nvm 2 s,
pldr 1.5 s, all others at once), no timer is due after it was handled, no queue grows. Here too AMT is switched on again
only when nothing is in flight, and a driver on its way out sets neither association nor power limits.

| runs | seed | steps | with misbehaviours | links compared | quiet moments judged | calls returned | time | failures |
|---|---|---|---|---|---|---|---|---|
| ${n(simulation.runs)} | ${simulation.seed} | ${n(simulation.steps)} | ${n(simulation.misbehaved)} | ${n(simulation.compared)} | ${n(simulation.quiet)} | ${n(simulation.returned)} | ${simulation.seconds.toFixed(0)} s | ${simulation.failure ? 1 : 0} |

\`node dist/fuzz/sim/main.js simulate 100000 --seed 1\` repeats it; a failure prints its seed and the last events.

${processes(killed)}
## Planted defects
That the search finds something is shown by defects put in on purpose (\`test/sim/planted.test.ts\`), each with the
shortest way to it:
${planted
  .map(
    ({ what, exploration: e }) => `
### ${what}
${e.violation ? `Found after ${n(e.states)} states: ${e.violation.invariant}, ${e.violation.what}.` : 'Not found.'}

\`\`\`text
${e.violation?.ladder ?? ''}
\`\`\``,
  )
  .join('\n')}
`;
}

/** The chapter about processes that are killed. */
export function processes({ seed, seconds, tally: t, failure }: Seeded<KillReport>): string {
  return `## Two processes
\`fuzz/sim/processes\` runs the same host and the same CSME in a process each, over \`unix:\`, on the real clock, with the
commands, profiles and misbehaviours of the random interleavings, and kills one of them (SIGKILL) again and again:
- **when**: at rest; in the midst of commands, calls that wait and frames; while the link begins anew (a firmware that
  resets, a client that goes or appears again); young, before its first link is up. From outside after a random time or
  as soon as something was seen, or by itself at an exact point: before or after its machine handles an input, before an
  output is carried out (after the rings were written, before the door bell), or when some of it was sent and the rest
  waits for the other side (between the announcement of the area and START).
- **who**: in a round of ${KILLS_IN_ROUND} kills always the host, always CSME, or either, sometimes both at once. Whoever lives on may
  be stopped (SIGSTOP) meanwhile and find the successor in the place of its peer.
- **then**: the survivor learns of it. Callers that waited have been answered in the same step, rfkill is free and roaming
  allowed, the state is that of a machine that never had a link, and the process holds the descriptors, sockets and
  mappings that it held before its first one. It goes on to be used without a link.
- **and again**: the next life comes up with the AMT state known, all numbers from 1, nothing lost in either ring, the
  invariants above kept as soon as nothing is in flight (both sides are asked twice, and neither did anything in
  between), one connection and one area held by each, and the state equal to that of a pair in memory that never met
  before. Nobody throws, no connection ends for another reason than that the other side is gone.
- **at the end** both close in order, hold what they held before they began, and end by themselves; the folder of
  the socket is empty.

| kills | of the host | of CSME | young | slept through | survivors clean | links up | compared | quiet moments judged | counts of descriptors and mappings | calls returned | ended by the loss | time | failures |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
| ${n(t.killed)} | ${n(t.kills.host)} | ${n(t.kills.csme)} | ${n(t.young)} | ${n(t.unseen)} | ${n(t.recovered)} | ${n(t.up)} | ${n(t.compared)} | ${n(t.quiet)} | ${n(t.censuses)} | ${n(t.returned)} | ${n(t.woken)} | ${seconds.toFixed(0)} s | ${failure ? 1 : 0} |

\`node dist/fuzz/sim/main.js kill 1000 --seed ${seed}\` runs it again; a failure prints its seed and what both sides recorded. The
seed repeats what is ordered and where processes die, not how the system shares its time among them.
`;
}

function n(x: number): string {
  return x.toLocaleString('en-US');
}
