/** Live progress: a few lines redrawn in place on a terminal, one line per event elsewhere. */
import { createLogUpdate } from 'log-update';
import type { NodeStatus } from '../contracts/cluster.ts';
import type { LabEvent } from '../contracts/events.ts';
import type { Plan } from '../contracts/plan.ts';
import { isLeading } from '../roles.ts';
import type { Progress } from '../run.ts';
import { protocolInWords, seconds } from '../words.ts';
import { color, tell } from './terminal.ts';

export interface ProgressView {
  readonly onProgress: (progress: Progress) => void;
  readonly onEvent: (event: LabEvent) => void;
  /** Takes the live lines away. */
  readonly end: () => void;
}

const redrawEveryMs = 100;
const heartbeatEveryMs = 10_000;
const sparks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const sparkCount = 40;

/** The view that suits where stderr goes. */
export function progressView(plan: Plan): ProgressView {
  return process.stderr.isTTY === true ? new LiveView(plan) : new LineView();
}

/** What a strike or a change of state means, in a line; null for what is too fine to show. */
function eventLine(event: LabEvent): string | null {
  switch (event.type) {
    case 'phase':
      return `phase: ${event.phase}`;
    case 'booting':
      return `starting containers on Docker ${event.engine}`;
    case 'strike':
      return `strike ${event.strike}: ${event.fault} ${event.nodes.join(', ')}`;
    case 'healed':
      return `healed ${event.strike}`;
    case 'strike-skipped':
      return `strike ${event.strike} skipped: ${event.why}`;
    case 'strike-failed':
      return `strike ${event.strike} failed: ${event.error}`;
    case 'role':
      return isLeading(event.role) ? `${event.node} leads epoch ${event.epoch}` : null;
    case 'node-down':
    case 'node-up':
      return event.atMs < 0 ? null : `${event.node} is ${event.type.slice(5)}`;
    case 'stopped':
      return `${event.node} stopped itself: ${event.reason}`;
    case 'evidence':
      return `${event.node} has evidence against ${event.culprit}`;
    case 'stalled':
      return `stalled: ${event.why}`;
    case 'lab-error':
      return `the lab broke: ${event.error}`;
    case 'settled':
      return `settled after ${seconds(event.tookMs)}`;
    default:
      return null;
  }
}

/** Where no leader stays, as in basic Paxos, there is one with nearly every operation: in milliseconds of the run. */
const leadersEveryMs = 500;

class LineView implements ProgressView {
  #lastMs = Date.now();
  #lastLeaderMs = Number.NEGATIVE_INFINITY;

  readonly onEvent = (event: LabEvent): void => {
    if (event.type === 'role' && isLeading(event.role)) {
      if (event.atMs - this.#lastLeaderMs < leadersEveryMs) return;
      this.#lastLeaderMs = event.atMs;
    }
    const line = eventLine(event);
    if (line !== null) this.#say(`${seconds(event.atMs).padStart(11)}  ${line}`);
  };

  readonly onProgress = ({ phase, elapsedMs, durationMs, operations }: Progress): void => {
    if (Date.now() - this.#lastMs < heartbeatEveryMs) return;
    this.#say(`${phase} ${seconds(elapsedMs)} of ${seconds(durationMs)}, ${operations.ok} operations done`);
  };

  readonly end = (): void => {};

  #say(line: string): void {
    this.#lastMs = Date.now();
    tell(line);
  }
}

class LiveView implements ProgressView {
  readonly #plan: Plan;
  readonly #draw = createLogUpdate(process.stderr);
  readonly #active = new Map<string, { text: string; endMs: number }>();
  readonly #rates: number[] = [];
  #lastOk = 0;
  #lastElapsedMs = 0;
  #lastDrawn = 0;
  #lastLine = '';

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  readonly onEvent = (event: LabEvent): void => {
    if (event.type === 'strike') {
      const lasts = this.#plan.strikes.find(({ id }) => id === event.strike)?.durationMs ?? 0;
      this.#active.set(event.strike, { text: `${event.fault} ${event.nodes.join(', ')}`, endMs: event.atMs + lasts });
    } else if (event.type === 'healed') this.#active.delete(event.strike);
    const line = eventLine(event);
    if (line !== null) this.#lastLine = `${seconds(event.atMs)} ${line}`;
  };

  readonly onProgress = (progress: Progress): void => {
    this.#measure(progress);
    if (Date.now() - this.#lastDrawn < redrawEveryMs) return;
    this.#lastDrawn = Date.now();
    this.#draw(this.#lines(progress).join('\n'));
  };

  readonly end = (): void => this.#draw.clear();

  #measure({ elapsedMs, operations }: Progress): void {
    const tookMs = elapsedMs - this.#lastElapsedMs;
    if (tookMs <= 0) return;
    this.#rates.push(((operations.ok - this.#lastOk) * 1000) / tookMs);
    if (this.#rates.length > sparkCount) this.#rates.shift();
    this.#lastOk = operations.ok;
    this.#lastElapsedMs = elapsedMs;
  }

  #lines({ phase, elapsedMs, durationMs, statuses, operations }: Progress): string[] {
    const epoch = Math.max(0, ...statuses.map(({ view }) => view?.epoch ?? 0));
    const strikes = [...this.#active.values()].map(
      ({ text, endMs }) => `${color.yellow('⚡')} ${text} (${seconds(Math.max(0, endMs - elapsedMs))} left)`,
    );
    return [
      `${color.bold(this.#plan.experimentName)} ${protocolInWords(this.#plan)}  ${phase}  ${seconds(elapsedMs)} of ${seconds(durationMs)}`,
      `${statuses.slice(0, 20).map(nodeMark).join(' ')}  epoch ${epoch}`,
      `${sparkline(this.#rates)} ${Math.round(this.#rates.at(-1) ?? 0)} ops/s  ok ${operations.ok}  fail ${operations.fail}  unknown ${operations.info}`,
      ...strikes.slice(0, 4),
      color.dim(this.#lastLine),
    ];
  }
}

/** `n1*` leads, `n2x` is down, `n3~` is paused. */
function nodeMark({ node, state, view }: NodeStatus): string {
  if (state === 'down') return color.red(`${node}x`);
  if (state === 'paused') return color.yellow(`${node}~`);
  return view?.leader === node ? color.green(`${node}*`) : node;
}

function sparkline(rates: readonly number[]): string {
  const top = Math.max(1, ...rates);
  return rates.map((rate) => sparks[Math.min(sparks.length - 1, Math.floor((rate / top) * sparks.length))]).join('');
}
