/** A process that starts etcd in the folder that it is given, says where, and waits. For tests of what is left of it. */
import { startEtcd } from './etcd.ts';

const [folder = ''] = process.argv.slice(2);
const cluster = await startEtcd({ nodes: 1, folder });
process.stdout.write(`${cluster.endpoints['etcd1']}\n`);
setInterval(() => {}, 1000);
