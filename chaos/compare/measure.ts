/**
 * Measures one contestant in the simulator. Time is parted into windows of some heartbeat intervals each: in each of the first
 * nothing is asked, and in each of the others one command, right behind the heartbeats of all. So the same housekeeping falls
 * into every window, and what a command takes is the rest. All links have the same constant delay, and lose nothing.
 */
import type { Cluster, LabClient } from '../contracts/cluster.ts';
import type { LabEvent, Link } from '../contracts/events.ts';
import type { Plan } from '../contracts/plan.ts';
import { EnvironmentError } from '../errors.ts';
import { experimentSchema } from '../experiment.ts';
import { boundaryLinks } from '../links.ts';
import { median, percentiles, roundMs } from '../percentiles.ts';
import { isLeading } from '../roles.ts';
import { simSubstrate } from '../substrate/sim/index.ts';
import { fastShare } from '../work.ts';
import type { CompareLoad, CompareSettings, Contestant, Measured } from './contracts.ts';
import { expectedOf } from './expected.ts';

/** In units of a hop: as a rule of thumb ten round trips, and more for a time-out. */
const heartbeatHops = 20;
const electionHops: readonly [number, number] = [60, 120];
/** A window is so many heartbeat intervals long. */
const beatsAWindow = 2;
/** A command is asked so long after a heartbeat is due, in hops: replicas start within one hop of each other. */
const phaseHops = 5;
const idleWindows = 9;
/** Before anything is measured: the client gets its session. */
const warmUps = 3;
const bootLimitMs = 120_000;

export const heartbeatMsOf = ({ hopMs }: CompareSettings): number => heartbeatHops * hopMs;
export const electionMsOf = ({ hopMs }: CompareSettings): [number, number] => [
  electionHops[0] * hopMs,
  electionHops[1] * hopMs,
];

function planOf({ protocol, mode, nodes }: Contestant, settings: CompareSettings): Plan {
  const { seed, hopMs, slots } = settings;
  const experiment = experimentSchema.parse({
    question: 'What does a decision cost?',
    why: 'Protocols pay for what they stand with messages, signatures and time.',
    protocol,
    nodes,
    duration: (slots + idleWindows) * beatsAWindow * heartbeatMsOf(settings),
    settings: {
      electionTimeout: electionMsOf(settings),
      heartbeatInterval: heartbeatMsOf(settings),
      snapshotAfterBytes: 2 ** 40,
      ...(mode === null ? {} : { mode }),
    },
    network: { delay: [hopMs, hopMs], unruly: false },
  });
  return {
    schemaVersion: 1,
    experiment,
    experimentName: 'compare',
    ...{ substrate: 'sim', system: 'replica', protocol, seed, durationMs: experiment.duration, strikes: [] },
    nodes: Array.from({ length: nodes }, (_, index) => `n${index + 1}`),
  };
}

/** @throws EnvironmentError where a command was not decided: then there is nothing to compare */
export async function measure(contestant: Contestant, load: CompareLoad, settings: CompareSettings): Promise<Measured> {
  const facts: LabEvent[] = [];
  const plan = planOf(contestant, settings);
  const cluster = await simSubstrate.boot(plan, (atMs, fact) => facts.push({ ...fact, atMs }));
  try {
    return await new Measurement(cluster, contestant, load, settings).run(facts);
  } finally {
    await cluster.close();
  }
}

/** What all replicas together have done so far. */
interface Sum {
  readonly messages: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly signatures: number;
  readonly verifications: number;
  readonly syncs: number;
  readonly slots: number;
}

class Measurement {
  readonly #cluster: Cluster;
  readonly #contestant: Contestant;
  readonly #load: CompareLoad;
  readonly #settings: CompareSettings;
  readonly #client: LabClient;
  #writes = 0;

  constructor(cluster: Cluster, contestant: Contestant, load: CompareLoad, settings: CompareSettings) {
    this.#cluster = cluster;
    this.#contestant = contestant;
    this.#load = load;
    this.#settings = settings;
    this.#client = cluster.client('c1');
  }

  async run(facts: readonly LabEvent[]): Promise<Measured> {
    const { clock } = this.#cluster;
    const { slots, hopMs } = this.#settings;
    for (let left = warmUps; left > 0; left -= 1) await this.#write(bootLimitMs);
    const slow = await this.#slowDown();
    const heartbeatMs = heartbeatMsOf(this.#settings);
    const windowMs = beatsAWindow * heartbeatMs;
    // What is under way ends first.
    const beginMs = (Math.ceil(clock.now() / heartbeatMs) + 2 * beatsAWindow) * heartbeatMs + phaseHops * hopMs;
    const sums: Sum[] = [];
    const latencies: number[] = [];
    for (let window = 0; window <= idleWindows + slots; window += 1) {
      await clock.sleep(beginMs + window * windowMs - clock.now());
      sums.push(this.#sum());
      if (window >= idleWindows && window < idleWindows + slots) latencies.push(await this.#write(windowMs));
    }
    const messages = sums.slice(1).map((sum, at) => sum.messages - (sums[at]?.messages ?? 0));
    const idle = median(messages.slice(0, idleWindows));
    const [before, after] = [sums[idleWindows], sums.at(-1)];
    if (before === undefined || after === undefined) throw new RangeError('nothing was measured');
    const perSlot = (figure: (sum: Sum) => number) => rounded((figure(after) - figure(before)) / slots);
    const { p50, p99 } = percentiles(latencies) ?? { p50: 0, p99: 0 };
    const loadMs = beginMs + idleWindows * windowMs;
    return {
      ...this.#contestant,
      ...{ load: this.#load, slow, commands: slots, slots: after.slots - before.slots },
      commitMessages: median(messages.slice(idleWindows)) - idle,
      expected: expectedOf(this.#contestant),
      allMessages: perSlot((sum) => sum.messages),
      allMessagesByType: Object.fromEntries(
        Object.keys(after.byType).map((type) => [type, perSlot(({ byType }) => byType[type] ?? 0)]),
      ),
      idlePerSecond: rounded((1000 * idle) / windowMs),
      bytes: perSlot((sum) => sum.bytes),
      signatures: perSlot((sum) => sum.signatures),
      verifications: perSlot((sum) => sum.verifications),
      syncs: perSlot((sum) => sum.syncs),
      ...{ p50Ms: p50, p99Ms: p99, hops: rounded(p50 / hopMs) },
      fastShare: fastShare(facts, loadMs, clock.now()),
    };
  }

  /** How long it took, in milliseconds. */
  async #write(limitMs: number): Promise<number> {
    const { clock } = this.#cluster;
    const { payloadBytes } = this.#settings;
    this.#writes += 1;
    const value = String(this.#writes).padEnd(payloadBytes, '.');
    const fromMs = clock.now();
    let end: { readonly atMs: number; readonly error: string | undefined } | undefined;
    this.#client.submit({ f: 'write', key: 'k', value }, limitMs, ({ type, error = 'no reason is known' }) => {
      end = { atMs: clock.now(), error: type === 'ok' ? undefined : error };
    });
    // Virtual time goes on while somebody waits for it.
    while (end === undefined) await clock.sleep(this.#settings.hopMs);
    if (end.error !== undefined) throw new EnvironmentError(this.#undecided(end.error), 'Give it another --seed.');
    return roundMs(end.atMs - fromMs);
  }

  #undecided(error: string): string {
    const { protocol, mode, nodes } = this.#contestant;
    const name = mode === null ? protocol : `${protocol} (${mode})`;
    return `${name} with ${nodes} replicas did not decide command ${this.#writes} (${this.#load}): ${error}`;
  }

  /** Slows the last replica that does not lead; gives its name. */
  async #slowDown(): Promise<string | null> {
    if (this.#load === 'calm') return null;
    const { nodes } = this.#cluster;
    const isBackup = (node: string) => !isLeading(this.#cluster.status(node).view?.role ?? '');
    const slow = nodes.findLast(isBackup) ?? null;
    const links: Link[] = slow === null ? [] : boundaryLinks([slow], nodes);
    const delayMs = this.#settings.slownessHops * this.#settings.hopMs;
    await this.#cluster.impair('slow', links, { kind: 'latency', delayMs, jitterMs: 0 });
    return slow;
  }

  #sum(): Sum {
    const byType: Record<string, number> = {};
    const sum = { messages: 0, byType, bytes: 0, signatures: 0, verifications: 0, syncs: 0, slots: 0 };
    for (const work of this.#cluster.work?.() ?? []) {
      for (const [type, count] of Object.entries(work.messages)) {
        byType[type] = (byType[type] ?? 0) + count;
        sum.messages += count;
      }
      sum.bytes += work.bytes;
      sum.signatures += work.signatures;
      sum.verifications += work.verifications;
      sum.syncs += work.syncs;
      sum.slots = Math.max(sum.slots, this.#cluster.status(work.node).appliedIndex);
    }
    return sum;
  }
}

/** To hundredths: more digits say nothing. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
