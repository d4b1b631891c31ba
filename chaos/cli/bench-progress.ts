/** What a person sees of a benchmark while it runs: a line that is drawn again, or on no terminal a line a point. */
import { createLogUpdate } from 'log-update';
import type { BenchObserver } from '../bench/bench.ts';
import type { BenchPoint, Measurement } from '../bench/contracts.ts';
import { tell } from './terminal.ts';

const bars = '▁▂▃▄▅▆▇█';
/** How many rates of the recent past are drawn. */
const drawnRates = 24;

const figure = (value: number): string => Math.round(value).toLocaleString('en-US');

function nameOf({ system, driver, workload, clients, loop }: BenchPoint): string {
  const closed = `${figure(clients)} ${clients === 1 ? 'client' : 'clients'}`;
  const load = loop.kind === 'open' ? `${figure(loop.ratePerSecond)} ops/s offered` : closed;
  return `${system} ${driver}, ${workload}, ${load}`;
}

export class BenchProgress implements BenchObserver {
  readonly #live = process.stderr.isTTY === true ? createLogUpdate(process.stderr) : null;
  #name = '';
  #lastOk = 0;
  #lastMs = 0;
  #rates: number[] = [];

  readonly onPhase = (what: string): void => {
    if (this.#live === null) tell(what);
    else this.#live(`${what} ...`);
  };

  readonly onPoint = (point: BenchPoint, done: number, total: number): void => {
    this.#name = `[${done + 1}/${total}] ${nameOf(point)}`;
    this.#lastOk = 0;
    this.#lastMs = 0;
    this.#rates = [];
    this.#live?.(`${this.#name}: warming up`);
  };

  readonly onProgress = (ok: number, elapsedMs: number): void => {
    if (elapsedMs <= this.#lastMs) return;
    const rate = ((ok - this.#lastOk) * 1000) / (elapsedMs - this.#lastMs);
    this.#lastOk = ok;
    this.#lastMs = elapsedMs;
    this.#rates = [...this.#rates, rate].slice(-drawnRates);
    this.#live?.(`${this.#name}: ${figure(rate)} ops/s  ${sparkline(this.#rates)}  ${(elapsedMs / 1000).toFixed(1)} s`);
  };

  readonly onMeasured = ({ opsPerSecond, load }: Measurement): void => {
    const latency = load.latency['all']?.corrected;
    const spent = latency === undefined ? '' : `, p50 ${latency.p50} ms, p99 ${latency.p99} ms`;
    const lost = load.failed + load.unknown;
    this.#live?.clear();
    tell(`${this.#name}: ${figure(opsPerSecond)} ops/s${spent}${lost > 0 ? `, ${figure(lost)} not carried out` : ''}`);
  };

  end(): void {
    this.#live?.clear();
    this.#live?.done();
  }
}

function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  return values.map((value) => bars[Math.min(bars.length - 1, Math.floor((value / most) * bars.length))]).join('');
}
