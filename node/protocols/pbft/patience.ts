import type { NodeId } from '../../contract/ids.ts';

/** A batch that a client has asked for in the present view. */
export interface Sample {
  readonly id: number;
  /** How many beats have come since. */
  beats: number;
  /** Whether anything was decided in the view since. */
  isDecided: boolean;
}

/** What a replica waits for in its view, and how long it is ready to; `timing.ts` alone looks at it. */
export class Patience {
  /** How often the time that a view is given is doubled. */
  doublings = 0;
  /** The batch by which is seen how much of that time is needed; undefined where that is not asked. */
  sample: Sample | undefined;

  /** The batch that this backup watches over; 0 where none. */
  watched = 0;
  /** And whether the primary was given it. */
  handedOver = false;
  /** And whether it was given less time already, for the primary seemed to have ended. */
  hurried = false;
  /** Who was heard of since. */
  readonly heard = new Set<NodeId>();

  /** The stream of the primary's messages broke off, and it was not heard of since. */
  primaryEnded = false;
  /** A quorum waits for the present view to begin. */
  awaitsNewView = false;
  /** Who has signed what no honest replica does: members only. */
  readonly exposed = new Set<NodeId>();
}
