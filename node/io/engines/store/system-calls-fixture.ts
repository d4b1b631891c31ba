/** For tests of power cuts: what a program really asks of the disk, call by call, as `strace` sees it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLock } from './crash-fixture.ts';

/** Something that changes the disk, or makes a change durable, or is said. Paths are relative to the folder. */
export type Step =
  | { readonly kind: 'create' | 'make-folder' | 'remove' | 'sync'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  /** A durable one has been synced by itself when the call returns. */
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly at: number;
      readonly bytes: Buffer;
      readonly durable: boolean;
    }
  /** A line on the standard output. */
  | { readonly kind: 'say'; readonly text: string };

/** Why no program can be watched here; undefined where one can. */
export function whyNoTrace(): string | undefined {
  const { status, error } = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']);
  if (error !== undefined) return 'there is no strace';
  return status === 0 ? undefined : 'strace may not watch a process';
}

const harmless = ['openat', 'close', 'lseek', 'write', 'pwrite64', 'writev', 'pwritev', 'fsync', 'fdatasync'];
const names = ['ftruncate', 'rename', 'unlink', 'unlinkat', 'mkdir'];
/** Calls that would change a file in a way which is not followed here. */
const unknown = [
  'fallocate',
  'msync',
  'link',
  'linkat',
  'truncate',
  'copy_file_range',
  'sendfile',
  'pwritev2',
  'renameat2',
];

interface Call {
  readonly name: string;
  readonly args: string;
  readonly result: number;
}

/** The calls that succeeded, in the order in which they ended. */
function* callsIn(trace: string): Generator<Call> {
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    if (text.endsWith('<unfinished ...>')) {
      begun.set(thread, text.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const rest = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text)?.[1];
    const whole = rest === undefined ? text : `${begun.get(thread) ?? ''}${rest}`;
    const end = whole.lastIndexOf(') ');
    const result = Number.parseInt(/^\) += (-?\d+)/.exec(whole.slice(end))?.[1] ?? '-1', 10);
    const open = whole.indexOf('(');
    if (result >= 0 && open > 0) yield { name: whole.slice(0, open), args: whole.slice(open + 1, end).trim(), result };
  }
}

function bytesOf(escaped: string): Buffer {
  return Buffer.from(escaped.replaceAll('\\x', ''), 'hex');
}

/** All strings of a call, in order. */
function stringsIn(args: string): Buffer[] {
  return [...args.matchAll(/"([^"]*)"/g)].map(([, escaped = '']) => bytesOf(escaped));
}

/** The path of an open file, which strace writes after its number. */
function pathIn(text: string): string {
  return bytesOf(/^-?\d+<([^>]*)>/.exec(text)?.[1] ?? '').toString();
}

class Reader {
  readonly #folder: string;
  readonly #known = new Set<string>();
  readonly #offsets = new Map<string, number>();
  readonly #durable = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What the call has done; undefined where it concerns nothing of the folder. */
  step({ name, args, result }: Call): Step | undefined {
    const fd = /^\d+/.exec(args)?.[0] ?? '';
    if (name === 'openat') return this.#open(args, String(result));
    if (name === 'lseek') this.#offsets.set(fd, result);
    if (name === 'write' && fd === '1') return { kind: 'say', text: stringsIn(args).join('').trim() };
    const isNamed = names.includes(name) && name !== 'ftruncate';
    const [first, second] = isNamed ? stringsIn(args).map(String) : [pathIn(args)];
    const path = this.#inside(first ?? '');
    if (path === undefined) return undefined;
    if (unknown.includes(name)) throw new Error(`${name} of ${path} is not followed`);
    if (name === 'mkdir') return { kind: 'make-folder', path };
    if (name.startsWith('unlink')) return this.#removed(path);
    if (name === 'rename') return { kind: 'rename', path, to: this.#renamed(path, second ?? '') };
    if (name === 'ftruncate') return { kind: 'truncate', path, size: Number(/, (\d+)$/.exec(args)?.[1]) };
    if (name === 'fsync' || name === 'fdatasync') return { kind: 'sync', path };
    return name.includes('write') ? this.#write(name, fd, path, args, result) : undefined;
  }

  #open(args: string, fd: string): Step | undefined {
    const path = this.#inside(String(stringsIn(args)[0]));
    if (path === undefined) return undefined;
    this.#offsets.set(fd, 0);
    this.#durable.delete(fd);
    if (args.includes('O_DSYNC')) this.#durable.add(fd);
    if (!args.includes('O_CREAT')) return undefined;
    if (args.includes('O_APPEND')) throw new Error(`${path} is opened to append, which is not followed`);
    const isNew = !this.#known.has(path);
    this.#known.add(path);
    if (isNew) return { kind: 'create', path };
    return args.includes('O_TRUNC') ? { kind: 'truncate', path, size: 0 } : undefined;
  }

  #removed(path: string): Step {
    this.#known.delete(path);
    return { kind: 'remove', path };
  }

  #renamed(path: string, to: string): string {
    this.#known.delete(path);
    const target = this.#inside(to) ?? '';
    this.#known.add(target);
    return target;
  }

  #write(name: string, fd: string, path: string, args: string, result: number): Step {
    const bytes = Buffer.concat(stringsIn(args)).subarray(0, result);
    if (bytes.length !== result) throw new Error(`only ${bytes.length} of ${result} written bytes are known`);
    const isPlaced = name.startsWith('p');
    const at = isPlaced ? Number(/, (\d+)$/.exec(args)?.[1]) : (this.#offsets.get(fd) ?? 0);
    if (!isPlaced) this.#offsets.set(fd, at + result);
    return { kind: 'write', path, at, bytes, durable: this.#durable.has(fd) };
  }

  /** The path in the folder, '' for itself; undefined for what is elsewhere, and for locks. */
  #inside(path: string): string | undefined {
    if (path === this.#folder) return '';
    const inside = path.startsWith(`${this.#folder}/`) ? path.slice(this.#folder.length + 1) : undefined;
    return inside === undefined || isLock(inside) ? undefined : inside;
  }
}

/**
 * Runs a module under strace, from this folder.
 *
 * @param folder - exists, and is empty
 * @param notes - a folder for the trace
 */
export async function stepsOf(program: string, folder: string, notes: string): Promise<Step[]> {
  const trace = join(notes, 'trace');
  const watched = [...harmless, ...names, ...unknown].join();
  const watch = ['-f', '--seccomp-bpf', '-y', '-xx', '-s', String(2 ** 26), '-e', `trace=${watched}`, '-o', trace];
  const run = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', program];
  const child = spawn('strace', [...watch, ...run], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, UV_USE_IO_URING: '0' },
  });
  child.stdout.resume();
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the watched program has ended with ${code}`);
  const reader = new Reader(folder);
  return [...callsIn(readFileSync(trace, 'latin1'))].flatMap((call) => reader.step(call) ?? []);
}
