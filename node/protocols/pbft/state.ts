import type { ReplicaConfig } from '../../contract/config.ts';
import { signatureBytes } from '../../contract/crypto.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import { invariant } from '../../contract/invariant.ts';
import { Outbox } from '../paxos/outbox.ts';
import { Recalls } from '../shared/recalls.ts';
import { Allowance } from './allowance.ts';
import { Bodies } from './bodies.ts';
import { FastPath } from './fast-path.ts';
import { History, windowSlots } from './history.ts';
import type { Digest, NewView, PbftMessage, PbftRecord, StableCheckpoint, ViewChange } from './messages.ts';
import { type Mode, modeOf } from './modes.ts';
import { Pace, paceNorm } from './pace.ts';
import { Patience } from './patience.ts';
import { Pending } from './pending.ts';
import { primaryOf, sizesOf } from './quorum.ts';
import { type Refusal, Refusals } from './refusals.ts';
import type { PbftRules } from './rules.ts';
import { Slot } from './slot.ts';
import { SnapshotState } from './snapshots.ts';
import type { Incoming } from './state-transfer.ts';
import type { Tally } from './tally.ts';
import type { ViewVerifier } from './view-validity.ts';
import { Witness } from './witness.ts';

export type PbftEffect = Effect<PbftMessage, PbftRecord>;

/** `changing`: it has left the view before, and waits for its present one to begin. */
export type Role = 'primary' | 'backup' | 'changing';

export { windowSlots };

/** What a signature and its signer take in a record, about. Two certificates of a slot are written. */
const signedBytes = signatureBytes + 16;

/** What another replica may ask for from beat to beat; see `pbft.ts` for what costs how much. */
const allowedUnits = 256;

/** How much of what others say is looked into on suspicion from beat to beat, of each; see `evidence.ts`. */
const scrutinyUnits = 64;

/** What another replica has said of itself last. */
export interface Peer {
  view: number;
  changing: boolean;
  applied: number;
}

/** What one replica knows, and the few things that are done with it everywhere. */
export class PbftState {
  readonly config: ReplicaConfig;
  readonly rules: PbftRules;
  readonly mode: Mode;
  /** Whether clients have asked for all of a batch. */
  readonly isGenuine: (payload: Uint8Array) => boolean;
  readonly verifier: ViewVerifier;
  readonly out = new Outbox<PbftMessage, PbftRecord>();
  readonly nullDigest: Digest;

  view = 0;
  /** Whether the view has begun, for this replica. */
  active = true;
  /** The last view that has begun, for this replica. */
  lastActive = 0;
  /** How the present view began; undefined in view 0, and after a restart. */
  newView: NewView | undefined;
  /** Its own VIEW-CHANGE for the present view, while that has not begun. */
  ownChange: ViewChange | undefined;
  /** The last valid VIEW-CHANGE of each replica. */
  readonly changes = new Map<NodeId, ViewChange>();
  /** The present view begins behind this slot. */
  base = 0;

  readonly history: History;
  stable: StableCheckpoint;
  /** Checkpoints that are not stable yet, by their slots. */
  readonly checkpoints = new Map<number, Tally>();
  /** What this replica itself has come to where a checkpoint is due, and that is not stable yet. */
  readonly ownCheckpoints = new Map<number, Digest>();
  /** Slots behind the stable checkpoint of which anything is known. */
  readonly slots = new Map<number, Slot>();
  readonly bodies = new Bodies();
  /** As primary: the slot of what it proposes next. */
  nextSlot = 1;

  readonly fastPath = new FastPath();
  readonly pending: Pending;
  readonly patience = new Patience();
  readonly pace: Pace;

  readonly peers = new Map<NodeId, Peer>();
  readonly allowance = new Allowance(allowedUnits);
  readonly refusals = new Refusals();
  readonly scrutiny = new Allowance(scrutinyUnits);
  readonly witness: Witness;
  readonly snapshots = new SnapshotState();
  incoming: Incoming | undefined;
  /** Who waits for which piece of a snapshot. */
  readonly loads = new Map<NodeId, { readonly slot: number; readonly piece: number }>();

  /** Whether it has come nearer to the others since the last beat. */
  progressed = true;
  /** Who was asked last for what this replica lacks. */
  asked: NodeId = '';
  readonly recalls: Recalls<PbftRecord>;

  constructor(config: ReplicaConfig, rules: PbftRules) {
    const { crypto, members, isGenuine } = config;
    invariant(crypto !== undefined, 'a replica of PBFT signs what it says, and has no keys');
    invariant(isGenuine !== undefined, 'a replica of PBFT cannot tell what clients have asked for');
    this.isGenuine = isGenuine;
    this.config = config;
    this.rules = rules;
    this.mode = modeOf(config.mode);
    const sizes = sizesOf(members.length);
    this.nullDigest = crypto.digest(new Uint8Array(0));
    this.bodies.keep(this.nullDigest, new Uint8Array(0));
    this.history = new History(crypto, config.logCacheBytes, 2 * sizes.quorum * signedBytes);
    const { origin } = this.history;
    const judge = rules.judge();
    this.verifier = { crypto, members, sizes, fastQuorum: rules.fastQuorum(sizes), windowSlots, origin, judge };
    this.witness = new Witness(this.verifier);
    this.stable = { slot: 0, digest: this.history.origin, signatures: [] };
    this.pending = new Pending(config.maxUncommittedBytes);
    this.pace = new Pace(paceNorm(config, sizes));
    this.recalls = new Recalls((position) => this.out.emit({ kind: 'recall', position }));
  }

  get crypto() {
    return this.verifier.crypto;
  }

  get sizes() {
    return this.verifier.sizes;
  }

  get primary(): NodeId {
    return primaryOf(this.view, this.config.members);
  }

  get role(): Role {
    if (!this.active) return 'changing';
    return this.primary === this.config.id ? 'primary' : 'backup';
  }

  get leads(): boolean {
    return this.role === 'primary';
  }

  /** Whether it shares and commits. After its VIEW-CHANGE never in a view before the one that it is for. */
  get mayVote(): boolean {
    return this.active || this.rules.votesInLeftViews;
  }

  /** The view whose votes count: the present one. Who votes in views that were left stays in the last, until the next begins. */
  get votingView(): number {
    return this.active || !this.rules.votesInLeftViews ? this.view : this.lastActive;
  }

  /** Goes to a view that begins (`active`), or that has yet to begin. */
  goTo(view: number, active: boolean): void {
    const before = this.votingView;
    this.view = view;
    this.active = active;
    if (active) this.lastActive = view;
    this.newView = undefined;
    this.ownChange = undefined;
    if (this.votingView !== before) for (const slot of this.slots.values()) slot.beginView();
  }

  /** Who gathers the votes of the present view, for all; undefined where everybody does for itself. SBFT (2019) has it led by the primary too. */
  get collector(): NodeId | undefined {
    return this.mode === 'linear' ? primaryOf(this.votingView, this.config.members) : undefined;
  }

  /** Whether this replica counts votes. */
  get counts(): boolean {
    return this.collector === undefined || this.collector === this.config.id;
  }

  /**
   * Up to which slot it takes itself to have applied all: `history.applied`, but for a planted bug (`PbftRules.appliedTo`). By this it
   * says where it stands, and looks for what it lacks of its own accord; what it does with slots and messages goes by
   * `history.applied`.
   */
  get applied(): number {
    return this.rules.appliedTo(this.history.applied, this.stable.slot);
  }

  /** The last slot that may be under way: H. */
  get windowEnd(): number {
    return this.stable.slot + windowSlots;
  }

  isInWindow(slot: number): boolean {
    return slot > this.stable.slot && slot <= this.windowEnd;
  }

  /** Why nothing can come of what is said of a slot in a view just now; undefined where something can. */
  misplaced(view: number, slot: number): Refusal | undefined {
    if (view < this.votingView) return 'old-view';
    if (view > this.votingView) return 'early';
    return this.isInWindow(slot) ? undefined : 'outside-window';
  }

  /** Nothing comes of the message that is being handled. */
  refuse(why: Refusal): void {
    this.refusals.note(why);
  }

  slot(number: number): Slot {
    let slot = this.slots.get(number);
    if (slot === undefined) {
      slot = new Slot(number);
      this.slots.set(number, slot);
    }
    return slot;
  }

  /** All slots of which anything is known, in order. */
  slotsInOrder(): Slot[] {
    return [...this.slots.values()].sort((a, b) => a.number - b.number);
  }

  /** To every replica, this one included: what it says itself counts once it is durable, like what others say. */
  broadcast(msg: PbftMessage): void {
    for (const member of this.config.members) this.out.send(member, msg);
  }

  sendToOthers(msg: PbftMessage): void {
    for (const member of this.config.members) if (member !== this.config.id) this.out.sendEagerly(member, msg);
  }

  noteRole(): void {
    if (!this.config.trace) return;
    this.out.emit({ kind: 'note', fact: { type: 'role', role: this.role, epoch: this.view } });
  }

  takeEffects(): readonly PbftEffect[] {
    return this.out.takeEffects();
  }
}
