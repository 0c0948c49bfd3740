/** How a command ends that runs until it is told to end. */

/** Resolves with the first of SIGINT, SIGTERM and SIGHUP; a second one ends the process at once, as without us. */
export function untilInterrupted(): { readonly signal: Promise<NodeJS.Signals>; cancel(): void } {
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  let end: (signal: NodeJS.Signals) => void;
  const signal = new Promise<NodeJS.Signals>((resolve) => {
    end = resolve;
  });
  const onSignal = (name: NodeJS.Signals) => {
    cancel();
    end(name);
  };
  const cancel = () => {
    for (const name of signals) process.off(name, onSignal);
  };
  for (const name of signals) process.on(name, onSignal);
  return { signal, cancel };
}
