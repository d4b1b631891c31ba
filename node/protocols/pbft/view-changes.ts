/** From one view to the next. Castro and Liskov (1999), section 4.4; what a view begins with: `selection.ts`. */
import { evaluate, proposePending, share } from './agreement.ts';
import { adopt } from './checkpoints.ts';
import { decide } from './decisions.ts';
import type { Digest, NewView, SlotReport, ViewChange } from './messages.ts';
import { primaryOf } from './quorum.ts';
import { selectView } from './selection.ts';
import { withAllProofs, withProofsOnce } from './shared-proofs.ts';
import type { Slot } from './slot.ts';
import { type PbftState, windowSlots } from './state.ts';
import { newViewStatement, viewChangeStatement } from './statements.ts';
import { isPrimaryExposed, onEntered, onExposed, onLeave, onQuorumLeft, type Why } from './timing.ts';
import { isFalseNewView, isNewView, isOfPrimary, isTooLong, isViewChange } from './view-validity.ts';

/** Takes part in no view before this one any more, and says what it knows. */
export function leave(state: PbftState, view: number, why: Why = 'in vain'): void {
  state.out.persist({ kind: 'leave', view });
  onLeave(state, why);
  moveTo(state, view, false);
  announce(state);
}

/** VIEW-CHANGE. */
export function announce(state: PbftState): void {
  const { config, view, stable } = state;
  const change = { type: 'view-change', view, stable, slots: reports(state) } as const;
  const signature = { signer: config.id, bytes: state.crypto.sign(viewChangeStatement(change)) };
  state.ownChange = { ...change, signature };
  state.broadcast(state.ownChange);
}

function moveTo(state: PbftState, view: number, active: boolean): void {
  state.goTo(view, active);
  state.noteRole();
}

function reports(state: PbftState): SlotReport[] {
  const found: SlotReport[] = [];
  for (const slot of state.slotsInOrder()) {
    if (!state.isInWindow(slot.number)) continue;
    const { sent } = slot;
    const report = slot.report(sent === undefined ? undefined : state.rules.reportedShare(sent, state.view));
    const told = report === undefined ? undefined : state.rules.told(report);
    if (told !== undefined) found.push(told);
  }
  return found;
}

/** VIEW-CHANGE. Kept only where all of it is valid, and so that of each replica there is one: its latest. */
export function onViewChange(state: PbftState, from: string, msg: ViewChange): void {
  const { signer } = msg.signature;
  const known = state.changes.get(signer)?.view ?? -1;
  const isOld = msg.view <= known || msg.view < state.view || (msg.view === state.view && state.active);
  if (isOld || (from !== state.config.id && !isViewChange(state.verifier, msg))) {
    state.refuse(isOld ? 'old-view' : 'invalid');
    return;
  }
  state.changes.set(signer, msg);
  join(state);
  if (state.active) return;
  // Who has gone on to a later view does not speak for this one again; without a time limit, this one would wait for it for ever.
  if (goneOn(state) >= state.sizes.quorum) onQuorumLeft(state);
  if (changesFor(state, state.view).length >= state.sizes.quorum) begin(state);
}

/** How many take part in no view before the present one. */
function goneOn(state: PbftState): number {
  return [...state.changes.values()].filter(({ view }) => view >= state.view).length;
}

/** Where one honest replica at least has gone on to a later view, this one goes there too. Section 4.5.2. */
function join(state: PbftState): void {
  const later = [...state.changes.values()].map(({ view }) => view).filter((view) => view > state.view);
  if (later.length < state.sizes.oneHonest) return;
  later.sort((a, b) => b - a);
  leave(state, later[state.sizes.oneHonest - 1] as number);
}

function changesFor(state: PbftState, view: number): ViewChange[] {
  return [...state.changes.values()].filter((change) => change.view === view);
}

/** As the primary of a view that a quorum wants: NEW-VIEW. */
function begin(state: PbftState): void {
  const { view, config } = state;
  if (state.active || primaryOf(view, config.members) !== config.id) return;
  const changes = changesFor(state, view).slice(0, state.sizes.quorum);
  const signature = { signer: config.id, bytes: state.crypto.sign(newViewStatement({ view, changes })) };
  enter(state, { type: 'new-view', view, changes, signature });
  proposePending(state);
}

/** NEW-VIEW: computed again, never believed. */
export function onNewView(state: PbftState, msg: NewView): void {
  if (msg.view < state.view || (msg.view === state.view && state.active)) {
    state.refuse('old-view');
    return;
  }
  if (isTooLong(state.verifier, msg)) {
    state.refuse('invalid');
    return;
  }
  const changes = withAllProofs(msg.changes).map((change) => knownCopy(state, change) ?? change);
  const known = new Set(changes.filter((change) => state.changes.get(change.signature.signer) === change));
  const isValid = state.rules.checksNewViews
    ? isNewView(state.verifier, { ...msg, changes }, known)
    : isOfPrimary(state.verifier, msg);
  if (isValid) {
    enter(state, { ...msg, changes });
    return;
  }
  state.refuse('invalid');
  if (msg.view === state.view && !isPrimaryExposed(state) && isFalseNewView(state.verifier, msg)) {
    onExposed(state, state.primary);
  }
}

/**
 * The same VIEW-CHANGE, as this replica has verified it: to do so again takes long where much is under way. What is not
 * signed, the signatures of others in it, is then this replica's copy too.
 */
function knownCopy({ changes }: PbftState, change: ViewChange): ViewChange | undefined {
  const known = changes.get(change.signature.signer);
  if (known === undefined || known.view !== change.view) return undefined;
  // Of one text its signer may have made several signatures, and the primary has signed the one that it was given.
  if (Buffer.compare(known.signature.bytes, change.signature.bytes) !== 0) return undefined;
  const isSame = Buffer.compare(viewChangeStatement(known), viewChangeStatement(change)) === 0;
  return isSame ? known : undefined;
}

/** @param whole - with the signatures of all its proofs */
function enter(state: PbftState, whole: NewView): void {
  const { view } = whole;
  const { base, digests } = selectView(whole.changes, state.sizes, state.rules.selection, state.nullDigest);
  adopt(state, base);
  moveTo(state, view, true);
  const msg = { ...whole, changes: withProofsOnce(whole.changes) };
  state.newView = msg;
  state.out.persist({ kind: 'enter', newView: msg });
  // Before what this replica shares in the view: that is taken by nobody for whom the view has not begun.
  if (state.leads) sayNewView(state, msg);
  take(state, base.slot, digests);
  learnFrom(state, whole.changes);
  onEntered(state);
  askForBodies(state);
}

function sayNewView({ config, out }: PbftState, msg: NewView): void {
  for (const id of config.members) if (id !== config.id) out.send(id, msg);
}

/** Puts what a view begins with into its slots. */
export function take(state: PbftState, base: number, digests: readonly Digest[]): void {
  state.base = base + digests.length;
  state.nextSlot = state.rules.firstFreeSlot(state.base, state.stable.slot);
  for (const [offset, digest] of digests.entries()) {
    const number = base + 1 + offset;
    if (!state.isInWindow(number)) continue;
    const slot = state.slot(number);
    slot.proposal = digest;
    share(state, slot);
  }
  // Votes of this view may have come before it began here.
  for (const slot of state.slotsInOrder()) {
    for (const digest of votedFor(slot)) evaluate(state, slot, digest);
  }
}

/** What one of those who have left proves to be decided is so here as well: it need not commit again, and others may need it to. */
function learnFrom(state: PbftState, changes: readonly ViewChange[]): void {
  for (const { decided } of changes.flatMap(({ slots }) => slots)) {
    if (decided === undefined || decided.slot <= state.history.applied || !state.isInWindow(decided.slot)) continue;
    decide(state, state.slot(decided.slot), decided);
  }
}

function votedFor({ votes }: Slot): ReadonlySet<Digest> {
  return new Set([...votes.share.digests(), ...votes.commit.digests()]);
}

/** The batches that are decided, prepared, or proposed in this view, and are not here. A later view may need what is prepared. */
export function lackingBodies(state: PbftState): Digest[] {
  const lacking = new Set<Digest>();
  for (const { proposal, prepared, decided } of state.slotsInOrder()) {
    const needed = decided === undefined ? [proposal, prepared?.digest] : [decided.digest];
    for (const digest of needed)
      if (digest !== undefined && state.bodies.get(digest) === undefined) lacking.add(digest);
  }
  return [...lacking];
}

/** Asks all for the first batches that it lacks: no more than may be under way, for a message does not carry any number. */
export function askForBodies(state: PbftState): void {
  const digests = lackingBodies(state).slice(0, windowSlots);
  if (digests.length > 0) state.sendToOthers({ type: 'ask-bodies', digests });
}
