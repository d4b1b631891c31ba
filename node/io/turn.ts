/**
 * The end of a turn of the event loop, in two parts: what waits until all sockets that were ready have been read (commands
 * that arrived together are then one batch), and after it what writes to sockets and disks all that has gathered.
 *
 * One immediate does both. With an immediate for each, what the first part produced would leave a turn later, and each
 * turn is a system call.
 */
type Work = () => void;

let received: Work[] = [];
let leaving: Work[] = [];
let awaited = false;

/** Calls `fn` when all sockets that were ready have been read. What it asks for in its turn comes in the next one. */
export function onceReceived(fn: Work): void {
  received.push(fn);
  awaitEnd();
}

/** Calls `fn` at the very end of this turn, after all that `onceReceived` was given. */
export function atEndOfTurn(fn: Work): void {
  leaving.push(fn);
  awaitEnd();
}

// Not process.nextTick: that runs after each callback of a socket, an immediate once all of them were called.
function awaitEnd(): void {
  if (awaited) return;
  awaited = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  const gathered = received;
  received = [];
  try {
    // Until it is over, whatever comes is for the end of this turn, or is asked for below.
    for (const work of gathered) work();
  } finally {
    const outgoing = leaving;
    leaving = [];
    awaited = false;
    if (received.length > 0) awaitEnd();
    for (const work of outgoing) work();
  }
}
