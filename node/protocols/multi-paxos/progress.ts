/** What a leader knows of an acceptor. */

export interface Progress {
  /** Where what is sent to it begins. */
  base: number;
  /** The first slot that was not sent to it yet. */
  next: number;
  /** It has accepted all from `base` to here. */
  match: number;
  /** It knows what was chosen in all slots up to here. */
  learnedTo: number;
  /** The loss of its disk since which it says all this; 0 where there was none. */
  loss: number;
  /** `probe`: one message at a time, for something was lost. `stream`: as fast as the window allows. */
  state: 'stream' | 'probe';
  /** While probing: a message is on its way. */
  probing: boolean;
  /** The latest round of leadership confirmation that it echoed. */
  round: number;
  /** Whether it was heard of since the last check of the quorum. */
  active: boolean;
}

export function newProgress(base: number): Progress {
  return {
    base,
    next: base,
    match: base - 1,
    learnedTo: 0,
    loss: 0,
    state: 'stream',
    probing: false,
    round: 0,
    active: false,
  };
}

/** What was sent begins anew at a slot: whatever stood before that is chosen, and learned in another way. */
export function beginAt(progress: Progress, base: number): void {
  progress.base = base;
  progress.next = base;
  progress.match = base - 1;
}
