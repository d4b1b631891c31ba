// The entry of the orchestrator in a container. It begins as root, whom the engine's socket admits, and goes on as the
// owner of the results folder with the group of the socket: what it writes there belongs to the person who asked for it.
import { statSync } from 'node:fs';

const results = statSync('/app/results', { throwIfNoEntry: false });
const socket = statSync('/var/run/docker.sock', { throwIfNoEntry: false });
if (process.getuid() === 0 && results !== undefined && results.uid !== 0) {
  process.setgroups(socket === undefined ? [] : [socket.gid]);
  process.setgid(results.gid);
  process.setuid(results.uid);
  process.env.HOME = '/tmp';
}
await import('./splitbrain.mjs');
