/**
 * Who steers a lab: a process of a host, or the container in which the orchestrator runs. Written on all that belongs to
 * the lab, so that what a killed run left behind is told from what a live one needs.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export type Owner =
  /** `startedAt` is the process' own start, in ticks since the host's; null where the host does not tell. */
  | { readonly kind: 'process'; readonly host: string; readonly pid: number; readonly startedAt: string | null }
  | { readonly kind: 'container'; readonly id: string };

/** This very process. */
export function thisProcess(): Owner {
  return { kind: 'process', host: hostname(), pid: process.pid, startedAt: startOf(process.pid) };
}

/** As the text of a label. */
export function ownerText(owner: Owner): string {
  if (owner.kind === 'container') return `container/${owner.id}`;
  return `process/${owner.host}/${owner.pid}/${owner.startedAt ?? ''}`;
}

/** From the text of a label; null where it names nobody. */
export function parseOwner(text: string): Owner | null {
  const [kind, name, pid, startedAt] = text.split('/');
  if (kind === 'container' && name !== undefined && /^[0-9a-f]{12,64}$/.test(name)) return { kind, id: name };
  if (kind !== 'process' || name === undefined || pid === undefined || !/^[1-9]\d{0,9}$/.test(pid)) return null;
  return {
    kind,
    host: name,
    pid: Number(pid),
    startedAt: startedAt === undefined || startedAt === '' ? null : startedAt,
  };
}

/**
 * Whether a process of this host lives: it is there, is no zombie, and began when the owner did, so that another that got
 * its number is not taken for it. Null for a process of another host.
 */
export function processLives({ host, pid, startedAt }: Owner & { readonly kind: 'process' }): boolean | null {
  if (host !== hostname()) return null;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is there too.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const fields = statOf(pid);
  if (fields === null) return true;
  return fields[0] !== 'Z' && (startedAt === null || fields[startField] === startedAt);
}

/** Of /proc/PID/stat after the name of the command, which may hold anything: the state first, the start as 20th. */
const startField = 19;

function statOf(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function startOf(pid: number): string | null {
  return statOf(pid)?.[startField] ?? null;
}
