/** CPUs and the time that is spent on them, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** The CPUs that this process may run on, in order. */
export function allowedCpus(): number[] {
  const line = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return cpuList(line?.[1] ?? '0');
}

/** The CPUs of a list as the kernel writes it: `0-2,5`. */
export function cpuList(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}

/** Seconds that all threads of a process have run, in user space and in the kernel; 0 when there is no such process. */
export function runSeconds(pid: number): number {
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks).reduce((sum, tid) => sum + threadSeconds(`${tasks}/${tid}/schedstat`), 0);
  } catch {
    return 0;
  }
}

/** Whether a process waits for something: it neither runs, nor would if a CPU were free, nor is it stopped. */
export function isWaiting(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold anything; the state follows it.
  return stat[stat.lastIndexOf(')') + 2] === 'S';
}

/** Nanoseconds run, nanoseconds waited, number of turns: exact, unlike the ticks of /proc/PID/stat. */
function threadSeconds(schedstat: string): number {
  return Number(readFileSync(schedstat, 'utf8').split(' ')[0]) / 1e9;
}

/** How often all threads of a process have waited for something. */
export function waits(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, tid) => {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
    return sum + Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1] ?? 0);
  }, 0);
}

/** Seconds that the CPUs of the machine have not been idle, whoever used them. */
export function busySeconds(): number {
  return busyOf(readFileSync('/proc/stat', 'utf8'));
}

/** Of the text of /proc/stat, whose first line has hundredths of seconds: user, nice, system, idle, iowait, irq, softirq, steal. */
export function busyOf(stat: string): number {
  const [user, nice, system, , , irq, softirq] = stat
    .split('\n', 1)[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user! + nice! + system! + irq! + softirq!) / 100;
}
