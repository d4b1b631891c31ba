/**
 * The metrics of one replica, for Prometheus, with the stems that etcd's dashboards know. What the replica knows anyway
 * is read when the page is asked for; nothing here is counted per command.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { NodeId } from '../contract/ids.ts';
import type { ProtocolView } from '../contract/view.ts';
import type { CryptoCounts } from '../crypto/counted.ts';
import type { InboundLink } from './link-watch.ts';
import type { PeerTraffic } from './peer-transport.ts';
import type { RequestObserver } from './request-samples.ts';

/** What the page reads. */
export interface MetricsSource {
  readonly view: () => ProtocolView;
  readonly appliedIndex: () => number;
  readonly traffic: () => readonly PeerTraffic[];
  readonly inbound: () => readonly InboundLink[];
  /** What came of other replicas and was not taken, by why. */
  readonly refused: () => Readonly<Record<string, number>>;
  /** The faults that are set inside of this replica, by name. */
  readonly faults: () => readonly string[];
  /** Present where the protocol signs. */
  readonly crypto?: () => CryptoCounts;
}

export interface MetricsLabels {
  readonly protocol: string;
  readonly node: NodeId;
}

/** What the field calls the epoch of a protocol. */
const epochKinds: Readonly<Record<string, string>> = {
  raft: 'term',
  paxos: 'ballot',
  'multi-paxos': 'ballot',
  pbft: 'view',
  tendermint: 'round',
};

const secondsBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const prefix = 'lab_';

export class Metrics implements RequestObserver {
  readonly #registry = new Registry();
  readonly #labels: MetricsLabels;
  readonly #fsync: Histogram;
  readonly #duration: Histogram;
  readonly #requests: Counter;
  readonly #failed: Counter;
  readonly #leaderChanges: Counter;
  #leader: string | undefined;

  constructor(labels: MetricsLabels, source: MetricsSource) {
    this.#labels = labels;
    this.#registry.setDefaultLabels({ ...labels });
    this.#fsync = this.#histogram('disk_wal_fsync_duration_seconds', 'How long a sync of the log took.', []);
    this.#duration = this.#histogram(
      'client_request_duration_seconds',
      'From a request to its reply, inside of the replica; one request of each batch is timed.',
      ['op', 'outcome'],
    );
    this.#requests = this.#counter('client_requests_total', 'Requests that were answered.', ['outcome']);
    this.#failed = this.#counter('server_proposals_failed_total', 'Requests that were not taken up.', []);
    this.#leaderChanges = this.#counter('server_leader_changes_seen_total', 'Leaders that this replica saw come.', []);
    this.#describeServer(source);
    this.#describeNetwork(source);
    if (source.crypto !== undefined) this.#describeCrypto(source.crypto);
  }

  /** The page, in Prometheus' text format. */
  async page(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  /** To be called often: counts a change of leader, which a page that is read every few seconds would miss. */
  sample({ leader, epoch }: ProtocolView): void {
    if (leader === undefined) return;
    const present = `${leader} in ${epoch}`;
    if (present === this.#leader) return;
    this.#leader = present;
    this.#leaderChanges.inc();
  }

  syncTook(seconds: number): void {
    this.#fsync.observe(seconds);
  }

  timed(...[op, outcome, seconds]: Parameters<RequestObserver['timed']>): void {
    this.#duration.observe({ op, outcome }, seconds);
  }

  counted(...[outcome, count]: Parameters<RequestObserver['counted']>): void {
    this.#requests.inc({ outcome }, count);
    if (outcome === 'rejected') this.#failed.inc(count);
  }

  #describeServer({ view, appliedIndex, faults }: MetricsSource): void {
    const { protocol, node } = this.#labels;
    const kind = epochKinds[protocol] ?? 'epoch';
    this.#gauge('server_has_leader', 'Whether this replica knows a leader.', () => Number(view().leader !== undefined));
    this.#gauge('server_is_leader', 'Whether this replica leads.', () => Number(view().leader === node));
    this.#total('server_proposals_committed_total', 'Batches known to be decided.', () => view().commitIndex);
    this.#total('server_proposals_applied_total', 'Batches applied.', appliedIndex);
    this.#gauge('server_proposals_pending', 'Batches in the log that are not decided.', () =>
      Math.max(0, view().lastIndex - view().commitIndex),
    );
    this.#gauge('consensus_epoch', 'The term, ballot, view or round.', () => view().epoch, { kind });
    this.#gauge('consensus_height', 'The last index that was applied.', appliedIndex);
    this.#describeProcess();
    const active = new Gauge({
      name: `${prefix}fault_active`,
      help: 'A fault that is set inside of this replica.',
      labelNames: ['fault', 'target'],
      registers: [this.#registry],
      collect: () => {
        active.reset();
        for (const fault of faults()) active.set({ fault, target: node }, 1);
      },
    });
  }

  /** The two that every Prometheus client names so, without our prefix. */
  #describeProcess(): void {
    const registers = [this.#registry];
    const cpu: Counter = new Counter({
      name: 'process_cpu_seconds_total',
      help: 'User and system CPU time.',
      registers,
      collect: () => {
        const { user, system } = process.cpuUsage();
        cpu.reset();
        cpu.inc((user + system) / 1e6);
      },
    });
    const memory: Gauge = new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory.',
      registers,
      collect: () => memory.set(process.memoryUsage.rss()),
    });
  }

  #describeCrypto(counts: () => CryptoCounts): void {
    this.#total('crypto_signatures_total', 'Signatures made.', () => counts().signatures);
    this.#total('crypto_verifications_total', 'Signatures checked.', () => counts().verifications);
  }

  #describeNetwork({ traffic, inbound, refused }: MetricsSource): void {
    this.#perPeer('network_peer_sent_bytes_total', 'Bytes of messages sent.', () =>
      traffic().map(({ peer, sentBytes }) => [peer, sentBytes]),
    );
    this.#perPeer('network_peer_sent_messages_total', 'Messages sent, signs of life not counted.', () =>
      traffic().map(({ peer, sentMessages }) => [peer, sentMessages]),
    );
    this.#perPeer('network_peer_received_bytes_total', 'Bytes of messages received.', () =>
      traffic().map(({ peer, receivedBytes }) => [peer, receivedBytes]),
    );
    this.#perPeer('network_peer_received_messages_total', 'Messages received, whole ones, whatever came of them.', () =>
      traffic().map(({ peer, receivedMessages }) => [peer, receivedMessages]),
    );
    this.#each('network_refused_total', 'Callers, frames and messages of which nothing came, by why.', 'reason', () =>
      Object.entries(refused()),
    );
    this.#perPeer('network_peer_dropped_messages_total', 'Messages that a full buffer dropped.', () =>
      traffic().map(({ peer, dropped }) => [peer, dropped]),
    );
    this.#perPeer('network_peer_undecodable_total', 'Frames and messages that were garbage.', () =>
      inbound().map(({ from, undecodable }) => [from, undecodable]),
    );
    // Links are one-way: there is no round trip on any of them to time.
    const labelNames = ['peer'];
    const delay = new Gauge({
      name: `${prefix}network_peer_one_way_delay_seconds`,
      help: 'How long the last frame of a peer was on its way, by the wall clocks of both.',
      labelNames,
      registers: [this.#registry],
      collect: () => {
        for (const { from, delayMs } of inbound()) if (delayMs !== null) delay.set({ peer: from }, delayMs / 1000);
      },
    });
    const silent = new Gauge({
      name: `${prefix}network_peer_silent`,
      help: 'Whether nothing has come from a peer lately.',
      labelNames,
      registers: [this.#registry],
      collect: () => {
        for (const link of inbound()) silent.set({ peer: link.from }, Number(link.silent));
      },
    });
  }

  #histogram(name: string, help: string, labelNames: string[]): Histogram {
    return new Histogram({
      name: prefix + name,
      help,
      labelNames,
      buckets: secondsBuckets,
      registers: [this.#registry],
    });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: prefix + name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, value: () => number, labels: Record<string, string> = {}): void {
    const gauge: Gauge = new Gauge({
      name: prefix + name,
      help,
      labelNames: Object.keys(labels),
      registers: [this.#registry],
      collect: () => gauge.set(labels, value()),
    });
  }

  #total(name: string, help: string, value: () => number): void {
    const counter: Counter = new Counter({
      name: prefix + name,
      help,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        counter.inc(value());
      },
    });
  }

  #perPeer(name: string, help: string, values: () => (readonly [NodeId, number])[]): void {
    this.#each(name, help, 'peer', values);
  }

  #each(name: string, help: string, label: string, values: () => (readonly [string, number])[]): void {
    const counter: Counter = new Counter({
      name: prefix + name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [each, value] of values()) counter.inc({ [label]: each }, value);
      },
    });
  }
}
