/** CSME's thread: the emulated firmware at its end of `worker:`, with its network stack and web service behind it. */
import { parentPort } from 'node:worker_threads';
import { Csme, type Profile } from '../../csme/index.ts';
import { type JoinedNetwork, type JoinOptions, joinNetwork } from '../../csme/network/index.ts';
import { run, systemClock, workerCsmeEnd, workerInput } from '../../transport/index.ts';

export interface CsmeThreadInput {
  readonly profile: Profile;
  readonly network: Omit<JoinOptions, 'radio'>;
}

/** How many frames went through CSME's stack. */
export interface CsmeThreadReport {
  readonly received: number;
  readonly sent: number;
  readonly problems: readonly string[];
}

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const { profile, network } = workerInput() as CsmeThreadInput;
  let joined: JoinedNetwork | undefined;
  let received = 0;
  let sent = 0;
  const problems = new Set<string>();
  const csme = new Csme({ profile });
  const end = workerCsmeEnd();
  const runner = run(csme, end, systemClock, {
    on(output) {
      joined?.hear(output);
      if (output.type === 'frame') received++;
      else if (output.type === 'problem') problems.add(output.error.message);
    },
  });
  joined = await joinNetwork(
    csme,
    (input) => {
      sent++;
      runner.feed(input);
    },
    network,
  );
  port.on('message', () => port.postMessage({ received, sent, problems: [...problems] } as CsmeThreadReport));
  end.plug();
  port.postMessage('ready');
}

if (parentPort !== null) await main(parentPort);
