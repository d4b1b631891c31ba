/** An acceptor alone, for its tests. */
import type { ReplicaConfig } from '../../contract/config.ts';
import { Outbox } from '../paxos/outbox.ts';
import { Acceptor } from './acceptor.ts';
import { accept, ballot, configOf, prepare, timer, values } from './fixture.ts';
import type { MultiPaxosMessage, MultiPaxosRecord } from './messages.ts';
import { correctRules } from './rules.ts';

/** Ballots, in this order. */
export const one = ballot(1, 'n2');
export const two = ballot(2, 'n3');
export const three = ballot(3, 'n2');
/** The timer that holds promises back. */
export const hold = timer('hold', 150);

/** The acceptor of n1, which has promised nothing. */
export function acceptorWith(setup: Partial<ReplicaConfig> = {}) {
  const out = new Outbox<MultiPaxosMessage, MultiPaxosRecord>();
  const acceptor = new Acceptor(configOf(setup), correctRules, out);
  return {
    acceptor,
    out,
    prepare: (from: string, msg = prepare(one)) => {
      acceptor.onPrepare(from, msg);
      return out.takeEffects();
    },
    accept: (from: string, msg = accept(one)) => {
      acceptor.onAccept(from, msg);
      return out.takeEffects();
    },
  };
}

/** As one that has accepted "a" and "b" of n2 in slots 1 and 2. */
export function acceptorOfTwo(setup: Partial<ReplicaConfig> = {}) {
  const part = acceptorWith(setup);
  part.accept('n2', accept(one, { values: values('a', 'b') }));
  return part;
}
