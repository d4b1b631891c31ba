import type { Effect } from '../contract/effects.ts';
import { type Behaviour, type Deceit, type Malice, timerPrefix } from './kit/behaviour.ts';

/** After which part of the longest election time-out a message goes out. PBFT gives a primary one, from a request to its result. */
const share = 0.7;
const timer = `${timerPrefix}delay`;
/** What is to be said within one step of the time goes out together: at most that much too early. */
const steps = 8;

/** In the order in which it was to be said. */
type Batch<M, R> = Effect<M, R>[];

function delaying<M, R>({ config }: Malice<M, R>): Deceit<M, R> {
  const stepMs = (config.electionTimeoutMs[1] * share) / steps;
  const tick: Effect<M, R> = { kind: 'timer', timer, afterMs: [stepMs, stepMs] };
  let waiting: Batch<M, R>[] = [];
  let isTicking = false;
  return {
    act: (effect) => {
      if (effect.kind !== 'send') return [effect];
      if (waiting.length === 0) waiting = [[]];
      waiting.at(-1)?.push(effect);
      if (isTicking) return [];
      isTicking = true;
      return [tick];
    },
    besides: (input) => {
      if (input.kind !== 'timeout' || input.timer !== timer) return [];
      waiting.push([]);
      const due = waiting.length > steps ? (waiting.shift() ?? []) : [];
      isTicking = waiting.some((batch) => batch.length > 0);
      if (!isTicking) waiting = [];
      return isTicking ? [...due, tick] : due;
    },
  };
}

/** A primary that is slow on purpose: Amir and others, "Byzantine Replication under Attack", 2011, section 3. */
const behaviour: Behaviour = {
  summary: 'says all that it says late, by a little less than makes others lose patience',
  needs: [],
  leavesProof: false,
  deceive: delaying,
};

export default behaviour;
