/**
 * Who steers a lab: a process, and the container that it runs in where it does. Written on all that belongs to the lab, so
 * that what a killed run left behind is told from what a live one needs.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

const ownerSchema = z.strictObject({
  host: z.string(),
  /** In which namespace `pid` counts; null where the host has none, or does not tell. */
  pidNamespace: z.string().nullable(),
  pid: z.int().positive(),
  /** The process' own start, in ticks since the host's; null where the host does not tell. */
  startedAt: z.string().nullable(),
  /** The id of the container that it runs in; null on the host itself. */
  container: z.string().nullable(),
});

export type Owner = z.infer<typeof ownerSchema>;

/** This very process. */
export function thisProcess(container: string | null = null): Owner {
  const { pid } = process;
  return {
    host: hostname(),
    pidNamespace: pidNamespace(),
    pid,
    startedAt: statOf(pid)?.[startField] ?? null,
    container,
  };
}

/** From the text of a label (JSON); null where it names nobody. */
export function parseOwner(text: string): Owner | null {
  try {
    return ownerSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * Whether a process lives: it is there, is no zombie, and began when the owner did, so that another that got its number is
 * not taken for it. Null for one of another host or namespace, which cannot be seen from here.
 */
export function processLives({ host, pidNamespace: namespace, pid, startedAt }: Owner): boolean | null {
  if (host !== hostname() || namespace !== pidNamespace()) return null;
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

function pidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}
