/** What a malicious behaviour is: a file of `node/malice`. Pure and deterministic, like what it wraps. */
import type { Codec } from '../../contract/codec.ts';
import type { ReplicaConfig } from '../../contract/config.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import type { Input } from '../../contract/inputs.ts';
import type { Protocol } from '../../contract/protocol.ts';
import type { ProtocolView } from '../../contract/view.ts';
import type { Forgery } from './forgery.ts';

/** What a behaviour knows. */
export interface Malice<M, R> {
  readonly config: ReplicaConfig;
  readonly forgery: Forgery<M>;
  readonly codec: Codec<M, R>;
  /** Other malicious replicas: they know of each other, and do not deceive each other. */
  readonly accomplices: ReadonlySet<NodeId>;
  /** How the honest replica under it looks just now. */
  readonly view: () => ProtocolView;
  /** Another honest replica of the same name, with the same key. */
  readonly another: () => Protocol<M, R>;
}

/** The timers of a behaviour begin so: the honest replica is not told when they run out. */
export const timerPrefix = 'malice/';

/** What one replica does differently for as long as it behaves so. What is absent stays as it is. */
export interface Deceit<M, R> {
  /** What the honest replica is told in place of an input. */
  readonly hear?: (input: Input<M, R>) => readonly Input<M, R>[];
  /** What is done in place of an effect. What the replica says to itself does not come here. */
  readonly act?: (effect: Effect<M, R>) => readonly Effect<M, R>[];
  /** What is done besides, after each input. */
  readonly besides?: (input: Input<M, R>) => readonly Effect<M, R>[];
}

/** The default export of `node/malice/<name>.ts`. */
export interface Behaviour {
  /** What the replica does, in a sentence without a subject. */
  readonly summary: string;
  /** What it must be able to forge of its protocol. */
  readonly needs: readonly (keyof Forgery<unknown>)[];
  /**
   * Whether it signs statements that contradict each other as soon as it makes a difference, and tells them to honest replicas
   * that compare: whoever behaves so must then be convicted. Others may be, and need not.
   */
  readonly leavesProof: boolean;
  readonly deceive: <M, R>(malice: Malice<M, R>) => Deceit<M, R>;
}
